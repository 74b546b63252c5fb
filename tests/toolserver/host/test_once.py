"""Once is once (design §5.2): copies of a call, however they come, act once and are told the same."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from countersign.database.context import tenant_context
from tenants.models import AuditEntry

ARGUMENTS = {"name": "letter.md", "content": "Hello"}


@pytest.fixture
def approved(team, planned):
    return team.approve([planned()])


def race(*calls) -> list[dict]:
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


def test_a_repeated_call_is_told_the_recorded_outcome(team, worker, approved):
    first, second = (worker.call("files.write", ARGUMENTS, approved.meta("publish")) for _ in range(2))
    assert first == second
    entry, = team.entries()
    assert entry.attempts == 1


def test_the_recorded_outcome_needs_no_grant_that_still_holds(team, worker, approved):
    """The worker that made the call may have died; the next one comes when the grant has run out."""
    first = worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    meta = approved.meta("publish", **{"countersign/grant": "long gone"})
    assert worker.call("files.write", ARGUMENTS, meta) == first


def test_the_key_of_a_call_is_no_other_calls(team, worker, approved, worker_of):
    worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    other = worker.call("files.write", {**ARGUMENTS, "content": "Other"}, approved.meta("publish"))
    assert other["error"]["data"]["code"] == "idempotency_key_reused"
    team.hold_run()
    other = worker_of(team).call("files.write", ARGUMENTS, approved.meta("publish"))
    assert other["error"]["data"]["code"] == "idempotency_key_reused"


def test_copies_that_race_execute_once(team, worker_of, approved):
    """Each of eight at the same moment, on a connection of its own."""
    workers = [worker_of(team) for _ in range(8)]
    answers = race(*[lambda w=w: w.call("files.write", ARGUMENTS, approved.meta("publish")) for w in workers])
    assert {answer["result"]["_meta"]["countersign/outcome"] for answer in answers} == {"done"}
    assert len({answer["result"]["_meta"]["countersign/ledger_entry"] for answer in answers}) == 1
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("done", 1)
    with tenant_context(team.tenant.id):
        assert AuditEntry.objects.filter(action="grant.consumed").count() == 1
        assert AuditEntry.objects.filter(action="tool_call.done").count() == 1


def test_copies_that_race_with_altered_ones_execute_once(team, worker_of, approved):
    """Only the approved one; the others are refused, whoever is first."""
    workers = [worker_of(team) for _ in range(6)]
    contents = ["Hello" if n == 3 else f"Hello {n}" for n in range(6)]
    answers = race(*[lambda w=w, c=c: w.call("files.write", {**ARGUMENTS, "content": c}, approved.meta("publish"))
                     for w, c in zip(workers, contents, strict=True)])
    codes = [answer.get("error", {}).get("data", {}).get("code") for answer in answers]
    assert codes[3] is None
    assert set(codes[:3] + codes[4:]) <= {"grant_arguments_differ", "idempotency_key_reused"}
    entry, = team.entries()
    assert (entry.state, entry.attempts, entry.arguments["content"]) == ("done", 1, "Hello")


def test_copies_that_race_at_two_hosts_execute_once(team, worker_of, approved, start_host):
    with start_host() as second:
        workers = [worker_of(team), worker_of(team, at=second)] * 3
        workers[1].schema_hash("files.write")  # its process runs: both are as quick
        answers = race(*[lambda w=w: w.call("files.write", ARGUMENTS, approved.meta("publish")) for w in workers])
    for answer in answers:
        if "error" in answer:
            assert answer["error"]["data"] == {"code": "call_in_progress", "retryable": True}
        else:
            assert answer["result"]["_meta"]["countersign/outcome"] == "done"
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("done", 1)


def test_a_caller_that_goes_away_does_not_end_the_call(team, worker, approved, host):
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "files.write", "arguments": ARGUMENTS, "_meta": approved.meta("publish")}}).encode()
    port = int(host.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"POST /t/{team.tenant.id}/mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {team.token}\r\n"
                     f"Content-Type: application/json\r\nContent-Length: {len(call)}\r\n\r\n".encode() + call)
    answer = worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    assert answer["result"]["_meta"]["countersign/outcome"] == "done"
    entry, = team.entries()
    assert entry.attempts == 1
