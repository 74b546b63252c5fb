"""The host is killed at each boundary of a guarded call; the next host answers for it. No second effect, ever."""

import asyncio
import json
import signal
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from django.db import connection

from countersign.database.context import tenant_context
from countersign.embedded.mailbox import Mailbox

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


@pytest.fixture
def crash(start_host, worker_of, team, mailbox):
    """`crash(boundary, tool, arguments, meta)`: a host of its own dies there in the midst of the call."""

    def call(boundary: str, tool: str, arguments: dict, meta: dict) -> None:
        with start_host(script=CRASHING, CRASH_AT=boundary, SENT_WHEN=str(mailbox.folder)) as dying:
            children = psutil.Process(dying.process.pid).children(recursive=True)
            with pytest.raises(httpx.HTTPError):
                worker_of(team, at=dying).call(tool, arguments, meta)
            assert dying.process.wait(30) == -signal.SIGKILL
            psutil.wait_procs(children, timeout=5)
            assert not [child for child in children if child.is_running()], "a child outlived its host"

    return call


@pytest.mark.parametrize(("boundary", "sent", "afterwards"), [
    ("before_intent", 0, "done"),     # nothing was begun: the call is made now
    ("after_intent", 0, "unknown"),   # the next host cannot know that it was not passed on
    ("after_sending", 1, "unknown"),
    ("before_outcome", 1, "unknown"),
    ("after_outcome", 1, "done"),     # recorded, and told
])
def test_a_tool_that_may_not_act_twice(team, worker, planned, crash, mailbox, boundary, sent, afterwards):
    approved = team.approve([planned("send", "email.send", LETTER)])
    crash(boundary, "email.send", LETTER, approved.meta("send"))
    assert len(mailbox.received) == sent
    for _ in range(2):
        answer = worker.call("email.send", LETTER, approved.meta("send"))["result"]
        assert answer["_meta"]["countersign/outcome"] == afterwards
    assert len(mailbox.received) == (1 if boundary == "before_intent" else sent)
    entry, = team.entries()
    assert entry.attempts == 1


@pytest.mark.parametrize("boundary", ["after_intent", "before_outcome"])
def test_a_tool_that_may_act_twice(team, worker, planned, crash, boundary):
    """Its call is made again, under the same grant, which still counts as used once."""
    approved = team.approve([planned()])
    crash(boundary, "files.write", FILE, approved.meta("publish"))
    entry, = team.entries()
    assert entry.state == "intent"
    answer = worker.call("files.write", FILE, approved.meta("publish"))["result"]
    assert answer["_meta"]["countersign/outcome"] == "done"
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("done", 2)


def test_after_a_crash_a_person_says_what_happened(team, worker, planned, crash, mailbox, api):
    approved = team.approve([planned("send", "email.send", LETTER)])
    crash("after_intent", "email.send", LETTER, approved.meta("send"))
    answer = worker.call("email.send", LETTER, approved.meta("send"))["result"]
    assert answer["_meta"]["countersign/code"] == "host_lost"
    entry, = team.entries()
    path = f"/api/v1/tenants/{team.tenant.slug}/tool-calls/{entry.id}/resolution/"
    assert api(team.admin).post(path, {"happened": False}).status_code == 201
    answer = worker.call("email.send", LETTER, approved.meta("send"))["result"]
    assert answer["_meta"]["countersign/outcome"] == "done"
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
