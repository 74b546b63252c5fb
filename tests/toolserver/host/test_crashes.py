"""The host is killed at each boundary of a guarded call; the next host answers for it. No second effect, ever."""

import asyncio
import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from django.db import connection

from countersign.database.context import tenant_context
from countersign.embedded.mailbox import Mailbox
from tests.toolserver.host.keyed_tool import PlaceOrder, Shop
from toolserver.tools.registry import schema_hash

CRASHING = Path(__file__).parent / "crashing_host.py"
LETTER = {"to": ["reader@example.org"], "subject": "News", "body": "Hello"}
FILE = {"name": "letter.md", "content": "Hello"}


@pytest.fixture
def mailbox(host, team, api, tmp_path):
    """The team's letters arrive here, and leave a file each in `folder`."""
    with Mailbox(folder=tmp_path / "sent") as box:
        secret = {"host": "127.0.0.1", "port": box.port, "tls": "none", "from": "news@acme.example"}
        answer = api(team.admin).post(f"/api/v1/tenants/{team.tenant.slug}/credentials/",
                                      {"name": "mail", "kind": "smtp", "secret": secret})
        assert answer.status_code == 201
        yield box


@dataclass
class Planned:
    """An approved call of one run, and what its worker hears about it."""

    worker: Any
    tool: str
    arguments: dict
    meta: dict

    def ask(self) -> dict:
        return self.worker.call(self.tool, self.arguments, self.meta)["result"]["_meta"]


@pytest.fixture
def crash(start_host, worker_of, team, planned, mailbox, host):
    """`crash(boundary, tool, arguments, times)`: a host of its own dies there in the midst of that many calls.

    Returns the calls, to be asked for again at the next host: the suite's, or `after`. `folder` is where what was done
    leaves a file.
    """
    def call(boundary: str, tool: str, arguments: dict, times: int = 1, *, plan: dict | None = None,
             folder: Path | None = None, after: Any = None) -> list[Planned]:
        plan, tokens, metas = plan or planned("call", tool, arguments), [], []
        folder = folder or (mailbox.folder if tool == "email.send" else host.artifacts / str(team.tenant.id))
        for _ in range(times):
            team.hold_run()
            tokens.append(team.token)
            metas.append(team.approve([plan]).meta("call"))
        with start_host(script=CRASHING, CRASH_AT=boundary, CRASH_AFTER=str(times), SENT_WHEN=str(folder),
                        ARTIFACTS_DIR=str(host.artifacts)) as dying:
            while "result" not in worker_of(team, at=dying).ask("tools/list"):
                time.sleep(0.1)  # until the team's process is there: on a busy machine it takes its time
            children = psutil.Process(dying.process.pid).children(recursive=True)

            def lost(token: str, meta: dict) -> None:
                with pytest.raises(httpx.HTTPError):
                    worker_of(team, token=token, at=dying).call(tool, arguments, meta)

            with ThreadPoolExecutor(times) as pool:
                list(pool.map(lost, tokens, metas))
            assert dying.process.wait(30) == -signal.SIGKILL
            psutil.wait_procs(children, timeout=30)
            assert not [child for child in children if child.is_running()], "a child outlived its host"
        return [Planned(worker_of(team, token=token, at=after), tool, arguments, meta)
                for token, meta in zip(tokens, metas, strict=True)]

    return call


#: How often the host dies, and how many calls it takes along each time: some at once, and 50 times one.
DEATHS = [pytest.param(1, 4, id="4-at-once", marks=pytest.mark.timeout(600)),
          pytest.param(50, 1, id="50-times", marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]


@pytest.mark.parametrize(("deaths", "calls"), DEATHS)
@pytest.mark.parametrize(("boundary", "sent", "afterwards"), [
    ("before_intent", 0, "done"),     # nothing was begun: the call is made now
    ("after_intent", 0, "unknown"),   # the next host cannot know that it was not passed on
    ("after_sending", 1, "unknown"),
    ("before_outcome", 1, "unknown"),
    ("after_outcome", 1, "done"),     # recorded, and told
])
def test_a_tool_that_may_not_act_twice(team, crash, mailbox, boundary, sent, afterwards, deaths, calls):
    for _ in range(deaths):
        clear(mailbox)
        asked = crash(boundary, "email.send", LETTER, calls)
        assert len(mailbox.received) == sent * calls
        for call in asked * 2:
            assert call.ask()["countersign/outcome"] == afterwards
        wanted = 0 if (sent, afterwards) == (0, "unknown") else calls
        assert [len(mailbox.received), len({mail.message_id for mail in mailbox.received})] == [wanted, wanted]
    entries = team.entries()
    assert len(entries) == deaths * calls
    assert {entry.attempts for entry in entries} == {1}


@pytest.fixture(scope="module")
def keyed_host(start_host):
    """A host that lives, and whose teams have the tool of `keyed_tool`."""
    with start_host(script=CRASHING) as running:
        yield running


@pytest.mark.parametrize(("deaths", "calls"), DEATHS)
@pytest.mark.parametrize(("boundary", "asked"), [
    ("before_intent", 1), ("after_intent", 1), ("after_sending", 2), ("before_outcome", 2), ("after_outcome", 1)])
def test_a_tool_whose_provider_takes_our_key(team, crash, keyed_host, tmp_path, boundary, asked, deaths, calls):
    """What may have happened is asked for again, with the key by which the provider knows it."""
    with Shop(tmp_path / "orders") as shop:
        order = {"shop": shop.url, "item": "ink"}
        plan = {"id": "call", "tool": PlaceOrder.name, "schema_hash": schema_hash(PlaceOrder()), "arguments": order}
        for _ in range(deaths):
            for call in crash(boundary, PlaceOrder.name, order, calls, plan=plan, folder=shop.folder,
                              after=keyed_host) * 2:
                assert call.ask()["countersign/outcome"] == "done"
    assert len(shop.orders) == deaths * calls
    assert set(shop.asked.values()) == {asked}
    told = {entry.idempotency_key: entry.result["order"] for entry in team.entries() if entry.state == "done"}
    assert told == shop.orders


@pytest.mark.parametrize(("deaths", "calls"), [
    DEATHS[0], pytest.param(5, 10, id="50-times", marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
@pytest.mark.parametrize(("boundary", "attempts"), [
    ("before_intent", 1), ("after_intent", 2), ("after_sending", 2), ("before_outcome", 2), ("after_outcome", 1)])
def test_a_tool_that_may_act_twice(team, crash, host, boundary, attempts, deaths, calls):
    """Its call is made again with the same key, under the same grant, which still counts as used once."""
    for _ in range(deaths):
        asked = crash(boundary, "files.write", FILE, calls)
        for call in asked * 2:
            assert call.ask()["countersign/outcome"] == "done"
    entries = team.entries()
    assert len(entries) == deaths * calls
    assert {entry.state for entry in entries} == {"done"}
    assert max(entry.attempts for entry in entries) == attempts
    for entry in entries:
        [left] = (host.artifacts / str(team.tenant.id) / str(entry.run_id)).iterdir()
        assert left.read_text() == FILE["content"]


def clear(mailbox) -> None:
    mailbox.received.clear()
    for file in mailbox.folder.iterdir():
        file.unlink()


def test_after_a_crash_a_person_says_what_happened(team, crash, mailbox, api):
    [call] = crash("after_intent", "email.send", LETTER)
    assert call.ask()["countersign/code"] == "host_lost"
    entry, = team.entries()
    path = f"/api/v1/tenants/{team.tenant.slug}/tool-calls/{entry.id}/resolution/"
    assert api(team.admin).post(path, {"happened": False}).status_code == 201
    assert call.ask()["countersign/outcome"] == "done"
    assert len(mailbox.received) == 1


def test_the_tenants_process_dies_during_a_call(team, worker, planned, mailbox, host, as_role):
    """Killed while the mail server has the message: in doubt; the next call finds a new process."""
    approved = team.approve([planned("send", "email.send", LETTER)])
    worker.ask("ping")
    hold = threading.Event()
    receive = mailbox.handle_DATA

    async def slow(server, session, envelope):
        answer = await receive(server, session, envelope)
        await asyncio.to_thread(hold.wait, 10)
        return answer

    mailbox.handle_DATA = slow
    answers: list = []
    call = threading.Thread(target=lambda: answers.append(worker.call("email.send", LETTER, approved.meta("send"))))
    call.start()
    while not mailbox.received:
        time.sleep(0.01)
    tenant_process(host, team).kill()
    call.join(20)
    hold.set()
    assert answers[0]["result"]["_meta"]["countersign/outcome"] == "unknown"
    assert answers[0]["result"]["_meta"]["countersign/code"] == "call_cut_off"
    assert worker.ask("ping")["result"] is not None
    assert worker.call("email.send", LETTER, approved.meta("send")) == answers[0] | {"id": 7}
    assert len(mailbox.received) == 1


def tenant_process(host, team) -> psutil.Process:
    """As the host's log names it."""
    started = [json.loads(line) for line in host.log.read_text().splitlines() if '"tenant process started"' in line]
    return psutil.Process([line["pid"] for line in started if line["tenant"] == str(team.tenant.id)][-1])


def test_the_ledger_holds_the_intent_before_anything_is_sent(team, worker, planned, mailbox):
    """Seen from the mail server, at the moment the message comes."""
    approved = team.approve([planned("send", "email.send", LETTER)])
    seen = []
    receive = mailbox.handle_DATA

    def states() -> list[str]:
        try:
            with tenant_context(team.tenant.id):
                return [entry.state for entry in team.entries()]
        finally:
            connection.close()

    async def looking(server, session, envelope):
        seen.extend(await asyncio.to_thread(states))
        return await receive(server, session, envelope)

    mailbox.handle_DATA = looking
    worker.call("email.send", LETTER, approved.meta("send"))
    assert seen == ["intent"]
