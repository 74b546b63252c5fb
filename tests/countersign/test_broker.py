"""The broker as a worker process uses it, on a real Redis."""

import threading
import time
import uuid

import dramatiq
import pytest
from django.db import connections
from dramatiq.brokers.redis import RedisBroker
from structlog.contextvars import get_contextvars

from countersign.broker import WaitingConsumer, configure_broker, import_actors


@pytest.fixture
def broker():
    """A broker of the test's own, in the place of the process's."""
    before = dramatiq.get_broker()
    yield configure_broker()
    dramatiq.set_broker(before)


@pytest.fixture
def work(broker):
    """Run an actor's message in a worker, to its end."""
    def run(function):
        actor = dramatiq.actor(function, queue_name=f"test-{uuid.uuid4()}", actor_name=f"actor-{uuid.uuid4()}")
        worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1, queues={actor.queue_name})
        worker.start()
        actor.send("an id")
        broker.join(actor.queue_name, timeout=60_000)
        worker.join()
        worker.stop()

    return run


def test_the_process_has_one_broker_on_redis():
    assert isinstance(dramatiq.get_broker(), RedisBroker)


def test_a_worker_knows_every_apps_actors():
    import_actors()
    queues = {name: actor.queue_name for name, actor in dramatiq.get_broker().actors.items()}
    assert queues["send_invitation"] == "notify"


def test_an_idle_worker_waits_for_redis_instead_of_asking_again_and_again(broker, monkeypatch):
    looks, look = [], WaitingConsumer.__next__
    monkeypatch.setattr(WaitingConsumer, "__next__", lambda consumer: (looks.append(1), look(consumer))[1])
    heard = threading.Event()
    actor = dramatiq.actor(heard.set, queue_name=f"test-{uuid.uuid4()}", actor_name=f"actor-{uuid.uuid4()}")
    worker = dramatiq.Worker(broker, worker_timeout=500, worker_threads=1, queues={actor.queue_name})
    worker.start()
    try:
        time.sleep(1)
        before = len(looks)
        time.sleep(2)
        assert 0 < len(looks) - before < 10
        actor.send()
        assert heard.wait(5)
    finally:
        worker.stop()


def test_a_failed_message_is_not_tried_again(work):
    tries = []

    def fail(id):
        tries.append(id)
        raise RuntimeError("this test's")

    work(fail)
    assert tries == ["an id"]


def test_log_lines_of_a_message_carry_its_id_and_no_other_do(work):
    seen = []
    work(lambda id: seen.append(get_contextvars()))
    assert seen[0]["message_id"]
    assert seen[0]["task"].startswith("actor-")
    assert "message_id" not in get_contextvars()


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_outlives_its_message(work):
    used = []

    def ask(id):
        connections["default"].ensure_connection()
        used.append(connections["default"])

    work(ask)
    assert used[0] is not connections["default"]
    assert used[0].connection is None
