"""The stream of a run's events, over a real ASGI server and real Redis."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time

import httpx
import pytest

from countersign.ids import new_id
from tests.workflow_stage import in_thread_as, signed_in_as
from workflows.engine import watching

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(stage):
    """The web process's ASGI application, served on loopback."""
    import uvicorn

    from countersign.asgi import application
    from countersign.connections import serving_options

    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(application, log_config=None, lifespan="off", timeout_graceful_shutdown=1,
                                            **serving_options()))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]}, daemon=True)
    with signed_in_as("web"):
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        running.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def pool_of_web():
    """Until the end of the block requests share few connections, as in web; they have one each otherwise."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    connection.settings_dict["OPTIONS"]["pool"] = settings.DATABASE_POOL
    try:
        yield connection.pool
    finally:
        connection.close()
        connection.close_pool()
        del connection.settings_dict["OPTIONS"]["pool"]


@pytest.fixture
def watcher(stage, server):
    """A client that may see the team's runs."""
    from tenants.models import ApiToken
    from tenants.tokens import hash_of, new_secret

    secret = new_secret()
    admin = stage.make_member(stage.tenant, "admin@acme.example", "admin")
    with stage.context():
        ApiToken.objects.create(user=admin, created_by=admin, name="test", hint=secret[:8], scopes=["runs:read"],
                                token_hash=hash_of(secret))
    with httpx.Client(base_url=server, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        yield client


def url(stage, run) -> str:
    return f"/api/v1/tenants/{stage.tenant.slug}/runs/{run.id}/events/stream/"


def messages(response):
    """Server-sent events as (id, event, data)."""
    message: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and "data" in message:
            yield message.get("id"), message.get("event"), json.loads(message["data"])
            message = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            message[name] = value


def cancelled(stage, run) -> None:
    from tenants.audit import Actor
    from workflows.services.runs import cancel_run

    with stage.context():
        cancel_run(run=run, actor=Actor.of(stage.editor))


def test_the_stream_tells_everything_in_order_and_ends_with_the_run(stage, watcher, host):
    run = stage.turn(stage.start())
    stage.decide(run)
    stage.turn(run)
    with watcher.stream("GET", url(stage, run)) as response:
        assert response.headers["content-type"] == "text/event-stream"
        heard = [message for message in messages(response) if message[1] != "delta"]
    stored = stage.events(run)
    assert [int(number) for number, _, _ in heard] == [event.seq for event in stored]
    assert [kind for _, kind, _ in heard] == [event.kind for event in stored]
    assert heard[-1][1] == "run.completed"
    assert heard[0][2]["seq"] == 1


def test_it_is_resumed_after_the_last_event_that_was_received(stage, watcher):
    run = stage.turn(stage.start())
    stage.decide(run)
    stage.turn(run)
    total = len(stage.events(run))
    with watcher.stream("GET", url(stage, run), headers={"Last-Event-ID": "5"}) as response:
        numbers = [int(number) for number, kind, _ in messages(response) if kind != "delta"]
    assert numbers == list(range(6, total + 1))


def test_a_run_that_is_over_and_known_answers_that_there_is_no_more(stage, watcher):
    run = stage.start()
    cancelled(stage, run)
    last = stage.events(run)[-1].seq
    assert watcher.get(url(stage, run), headers={"Last-Event-ID": str(last)}).status_code == 204
    assert watcher.get(url(stage, run), headers={"Last-Event-ID": "x"}).status_code == 422


def test_what_happens_while_one_listens_arrives_at_once(stage, watcher):
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        assert next(heard)[1] == "run.queued"
        began = time.monotonic()
        cancelled(stage, run)
        assert next(heard)[1] == "run.cancelled"
        assert time.monotonic() - began < watching.HEARTBEAT / 2, "it was found by looking"
        assert list(heard) == []


def test_a_watcher_hears_what_follows_without_another_look_at_postgres(stage, watcher, monkeypatch):
    from workflows.api.run_stream import RunEventStream

    looks = []
    monkeypatch.setattr("workflows.engine.watching.DOUBT", 10)
    monkeypatch.setattr(RunEventStream, "_read", lambda view, run_id, last: looks.append(last) or [])
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        assert next(heard)[1] == "run.queued"
        wait_until(lambda: listeners(stage, run) == 1)
        cancelled(stage, run)
        assert next(heard)[1] == "run.cancelled"
    assert looks == []


def test_what_happened_before_it_listened_is_found(stage, watcher, monkeypatch):
    """After the view's look at Postgres, and before Redis tells anything."""
    from workflows.api import run_stream

    stored_after = run_stream.stored_after

    def too_early(run_id, last):
        stored = stored_after(run_id, last)
        if last == 0:
            cancelled(stage, run)
        return stored

    monkeypatch.setattr(run_stream, "stored_after", too_early)
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        assert [kind for _, kind, _ in messages(response)] == ["run.queued", "run.cancelled"]


def test_a_broken_connection_to_redis_is_made_anew_for_everybody(stage, watcher):
    import redis
    from django.conf import settings

    run = stage.start()
    with redis.Redis.from_url(settings.REDIS_URL) as client, contextlib.ExitStack() as both:
        heard = [messages(both.enter_context(watcher.stream("GET", url(stage, run)))) for _ in range(2)]
        assert [next(each)[1] for each in heard] == ["run.queued"] * 2
        wait_until(lambda: listeners(stage, run) == 1)
        client.client_kill_filter(_type="pubsub")
        assert listeners(stage, run) == 0
        wait_until(lambda: listeners(stage, run) == 1)
        cancelled(stage, run)
        assert [next(each)[1] for each in heard] == ["run.cancelled"] * 2
    wait_until(lambda: listeners(stage, run) == 0)


def listeners(stage, run) -> int:
    """Connections on which Redis tells what happens in the run: one, however many watch it."""
    import redis
    from django.conf import settings

    from workflows.engine.live import channel

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return client.pubsub_numsub(channel(stage.tenant.id, run.id))[0][1]


def test_text_comes_live_and_stored_and_both_make_the_same_draft(stage, watcher, host, process):
    from workflows.engine.turn import take_turn

    host.pause = 0.1
    run = stage.start()
    live: dict[str, str] = {}
    stored: dict[str, str] = {}
    thread = in_thread_as("engine", lambda: take_turn(stage.tenant.id, run.id))
    with watcher.stream("GET", url(stage, run)) as response:
        for number, kind, data in messages(response):
            if kind == "delta":
                assert number is None
                text = live.setdefault(data["execution"], "")
                live[data["execution"]] = text[:data["offset"]] + data["text"]
            if kind == "text":
                text = stored.setdefault(data["data"]["execution"], "")
                assert data["data"]["offset"] == len(text)
                stored[data["data"]["execution"]] = text + data["data"]["text"]
            if kind == "gate.opened":
                break
    thread.join(10)
    draft = stage.request(run).shown["draft"]
    assert list(stored.values()) == [draft]
    assert draft.endswith(next(iter(live.values()))[-10:])


def test_without_redis_the_stream_reads_what_is_stored(stage, watcher, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        assert next(heard)[1] == "run.queued"
        cancelled(stage, run)
        assert next(heard)[1] == "run.cancelled"


def test_a_quiet_stream_gives_signs_of_life_and_holds_no_connection(stage, watcher, monkeypatch):
    from django.db import connection

    monkeypatch.setattr("workflows.engine.watching.HEARTBEAT", 1)
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        lines = response.iter_lines()
        while next(lines) != ": still here":
            pass

        def held() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                               "AND usename = 'web' AND pid <> pg_backend_pid()")
                return cursor.fetchone()[0]

        wait_until(lambda: held() == 0)  # as soon as the look that follows a sign of life is over


def test_who_may_no_longer_watch_hears_no_more(stage, watcher, monkeypatch):
    from tenants.models import Membership

    monkeypatch.setattr("workflows.engine.watching.HEARTBEAT", 0.2)
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        next(heard)
        with stage.context():
            Membership.objects.filter(user__email="admin@acme.example").delete()
        assert list(heard) == []


@pytest.mark.parametrize("ended", ["token", "token and all", "account"])
def test_a_revoked_token_or_a_closed_account_ends_its_streams(stage, watcher, monkeypatch, ended):
    from countersign.clock import now
    from tenants.models import ApiToken, User

    monkeypatch.setattr("workflows.engine.watching.HEARTBEAT", 0.2)
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        next(heard)
        with stage.context():
            if ended == "token":
                ApiToken.objects.update(revoked_at=now())
            elif ended == "token and all":
                ApiToken.objects.all().delete()
            else:
                User.objects.filter(email="admin@acme.example").update(is_active=False)
        assert list(heard) == []


@pytest.mark.parametrize("shown", ["X-Session-Token", "Cookie"])
def test_a_session_that_was_ended_ends_its_streams(stage, server, monkeypatch, shown):
    from django.conf import settings

    monkeypatch.setattr("workflows.engine.watching.HEARTBEAT", 0.2)
    run, session = stage.start(), session_of(stage.make_member(stage.tenant, "admin@acme.example", "admin"))
    value = session.session_key if shown != "Cookie" else f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    with httpx.stream("GET", server + url(stage, run), headers={shown: value}, timeout=30) as response:
        heard = messages(response)
        next(heard)
        session.delete()
        assert list(heard) == []


def session_of(user):
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session.update({SESSION_KEY: str(user.id), BACKEND_SESSION_KEY: "tenants.sign_in.SignInBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash()})
    session.save()
    return session


def test_who_may_no_longer_watch_hears_no_more_of_a_busy_run(stage, watcher, monkeypatch):
    """Its events come by Redis, one after another, and there is never a pause in which to look."""
    from tenants.models import Membership
    from workflows.engine import events

    monkeypatch.setattr("workflows.api.run_stream.LOOK_EVERY", 0.2)
    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        next(heard)
        wait_until(lambda: listeners(stage, run))
        with stage.context():
            Membership.objects.filter(user__email="admin@acme.example").delete()
        reading = threading.Thread(target=lambda: list(heard))
        reading.start()
        for number in range(1000):
            with stage.context():
                events.record(stage.tenant.id, run.id, events.Event(f"busy.{number}"))
            reading.join(0.05)
            if not reading.is_alive():
                break
        assert not reading.is_alive(), "the stream goes on"


def test_a_message_that_redis_lost_is_found_in_what_is_stored(stage, watcher, monkeypatch):
    from workflows.engine import events, live

    run = stage.start()
    with watcher.stream("GET", url(stage, run)) as response:
        heard = messages(response)
        next(heard)
        wait_until(lambda: listeners(stage, run))
        with monkeypatch.context() as patched:
            patched.setattr(live, "publish", lambda *_: None)
            with stage.context():
                events.record(stage.tenant.id, run.id, events.Event("lost"))
        began = time.monotonic()
        cancelled(stage, run)
        assert [kind for _, kind, _ in heard] == ["lost", "run.cancelled"]
        assert time.monotonic() - began < watching.HEARTBEAT / 2, "it was found by looking"


def test_a_stranger_is_told_there_is_nothing(stage, watcher):
    run = stage.start()
    run.id = new_id()
    assert watcher.get(url(stage, run)).status_code == 404
    assert httpx.get(str(watcher.base_url) + url(stage, run)).status_code == 401


@pytest.mark.parametrize("whose", ["OF_A_PERSON", "OF_A_TEAM"])
def test_more_streams_than_one_may_have_are_refused_until_one_has_ended(stage, watcher, monkeypatch, whose):
    from countersign.places import Places
    from workflows.api import run_stream

    places = Places(2, "streams")
    monkeypatch.setattr(run_stream, whose, places)
    run = stage.start()
    with contextlib.ExitStack() as open_ones:
        first, _ = (open_ones.enter_context(watcher.stream("GET", url(stage, run))) for _ in range(2))
        wait_until(lambda: set(places._taken.values()) == {2})
        refused = watcher.get(url(stage, run))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 0
        first.close()
        wait_until(lambda: set(places._taken.values()) == {1})
        open_ones.enter_context(watcher.stream("GET", url(stage, run)))
        wait_until(lambda: set(places._taken.values()) == {2})
    wait_until(lambda: not places._taken)


def test_of_streams_that_begin_together_no_more_go_on_than_one_may_have(stage, watcher, monkeypatch):
    """Two are let in while there is one place; who takes it is the first to begin."""
    from countersign.places import Places
    from workflows.api import run_stream

    full = Places(0, "streams")
    monkeypatch.setattr(run_stream, "OF_A_TEAM", full)
    refusals = [full.refuse_if_full, lambda key: None]
    monkeypatch.setattr(full, "refuse_if_full", lambda key: refusals.pop()(key))
    answer = watcher.get(url(stage, stage.start()))
    assert (answer.status_code, answer.text) == (200, "")
    assert not run_stream.OF_A_PERSON._taken


def test_two_hundred_idle_streams_cost_no_thread_and_no_connection_and_leave_nothing_behind(stage, server, watcher,
                                                                                          monkeypatch):
    """Over sockets of their own, all waiting for a run that waits."""
    from workflows.api import run_stream

    monkeypatch.setattr(run_stream.OF_A_PERSON, "most", 200)

    run = stage.start()
    address = server.removeprefix("http://").split(":")
    request = (f"GET {url(stage, run)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
               f"Authorization: {watcher.headers['Authorization']}\r\n\r\n").encode()
    assert watcher.get("/api/v1/me/").status_code == 200
    threads = threading.active_count()
    streams = [socket.create_connection((address[0], int(address[1])), timeout=60) for _ in range(200)]
    with pool_of_web() as pool:
        def begun() -> int:
            return sum(run_stream.OF_A_TEAM._taken.values())

        def lent() -> int:
            sizes = pool.get_stats()
            return sizes["pool_size"] - sizes["pool_available"]

        for number, stream in enumerate(streams, 1):
            stream.sendall(request)
            if number % 25 == 0:
                wait_until(lambda number=number: begun() == number)
        for stream in streams:
            assert stream.recv(2**16).startswith(b"HTTP/1.1 200 OK")
        wait_until(lambda: threading.active_count() <= threads + 64)  # the pools' own among them: 25 came at once
        wait_until(lambda: lent() == 0)
        assert listeners(stage, run) == 1
        assert watcher.get("/api/v1/me/").status_code == 200, "others go on"
        for stream in streams:
            stream.close()
        wait_until(lambda: listeners(stage, run) == 0)
        wait_until(lambda: lent() == 0)
    wait_until(lambda: not run_stream.OF_A_PERSON._taken and not run_stream.OF_A_TEAM._taken)


def wait_until(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
