"""Postgres or Redis is gone for a while, the disk is full: it is said, nothing is lost, and it passes by itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from countersign.demo.team import Team, start_newsletter
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack
from tests.whole_platform import DOCUMENTS, approve, wait_until

pytestmark = pytest.mark.timeout(600)

#: Seconds without a part. The longest is more than any pool's own attempts to reconnect last.
LENGTHS = [3, *(pytest.param(seconds, marks=pytest.mark.slow) for seconds in (30, 40))]
#: Seconds after its return until all that waited has gone on. After a short absence nobody sleeps for long, and a busy
#: machine may take its time; after a long one a pool that had grown patient would sleep on.
RECOVERED = {3: 60, 30: 20, 40: 20}


class Logs:
    """What the processes have logged since the test began."""

    def __init__(self, stack: Stack) -> None:
        self.before = {log: log.stat().st_size for log in stack.logs.glob("*.log")}

    def said(self) -> dict[str, str]:
        return {log.stem: log.read_bytes()[size:].decode(errors="replace") for log, size in self.before.items()}

    def times(self, words: str) -> Counter:
        """How often each process has said these words."""
        return Counter({name: text.count(words) for name, text in self.said().items()})

    def tracebacks(self) -> dict[str, str]:
        """From each process's first traceback on, what it said."""
        return {name: text[max(0, text.index("Traceback") - 500):]
                for name, text in self.said().items() if "Traceback" in text}


@pytest.fixture
def logs(stack: Stack) -> Logs:
    return Logs(stack)


def ready(stack: Stack) -> tuple[int, dict[str, str]]:
    answer = httpx.get(f"{stack.url}/readyz", timeout=30)
    return answer.status_code, answer.json()["checks"]


def status(team: Team, run: str) -> str:
    return team.admin.get(f"{team.path}/runs/{run}/")["status"]


class Work:
    """Runs before their gate, at it, and behind it when something goes away; all of them come to their end after it."""

    def __init__(self, team: Team, workflow: str, mailbox: Mailbox) -> None:
        self.team, self.mailbox = team, mailbox
        self.addresses = [f"reader{n}-{time.time_ns()}@{team.slug}.example" for n in range(4)]
        self.runs = [start_newsletter(team, workflow, DOCUMENTS, [address]) for address in self.addresses[:2]]
        for run in self.runs:
            wait_until(lambda run=run: status(team, run) == "waiting", "a run did not reach its gate")
        approve(team, self.runs[0])
        self.runs += [start_newsletter(team, workflow, DOCUMENTS, [address]) for address in self.addresses[2:]]

    def statuses(self) -> list[str]:
        return [status(self.team, run) for run in self.runs]

    def goes_on(self, *, by: float) -> None:
        """What was under way has gone on `by` a moment of the monotonic clock; then people do, and all ends."""
        wait_until(lambda: self.statuses() == ["completed", "waiting", "waiting", "waiting"], "not all went on",
                   seconds=by - time.monotonic())
        for run in self.runs[1:]:
            approve(self.team, run)
        for run in self.runs:
            wait_until(lambda run=run: status(self.team, run) == "completed", "a run did not complete")
        arrived = Counter(address for mail in self.mailbox.received for address in mail.recipients)
        assert [arrived[address] for address in self.addresses] == [1, 1, 1, 1]
        assert self.team.admin.get(f"{self.team.path}/audit/verify/")["ok"] is True


@pytest.fixture
def work(team: Team, workflow: str, mailbox: Mailbox) -> Work:
    return Work(team, workflow, mailbox)


@pytest.mark.parametrize("seconds", LENGTHS)
def test_postgres_refuses_connections(stack: Stack, work: Work, logs: Logs, seconds: int):
    postgres = stack.services.postgres
    postgres.stop()
    gone = time.monotonic()
    try:
        answer = work.team.admin.http.get(f"/api/v1/{work.team.path}/runs/")
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "unavailable"
        code, checks = ready(stack)
        assert code == 503
        assert checks["postgres"] != "ok"
        assert httpx.get(f"{stack.url}/healthz", timeout=30).status_code == 200
        time.sleep(max(0, seconds - (time.monotonic() - gone)))
    finally:
        postgres.start()
    back = time.monotonic()
    wait_until(lambda: ready(stack)[0] == 200, "the platform did not recover", RECOVERED[seconds])
    work.goes_on(by=back + RECOVERED[seconds])
    wait_until(lambda: logs.times("Postgres answers again")["web"] == 1, "its return was not said")
    assert {name: times for name, times in logs.times("Postgres does not answer").items() if times > 1} == {}
    assert logs.times("Postgres does not answer").total() >= 4
    assert logs.tracebacks() == {}


@pytest.mark.parametrize("seconds", LENGTHS)
def test_redis_is_gone(stack: Stack, work: Work, workflow: str, logs: Logs, seconds: int):
    """Redis only rings: without it a run is started, decided on and carried out, a little later."""
    stack.services.redis.stop()
    gone = time.monotonic()
    try:
        code, checks = ready(stack)
        assert code == 503
        assert (checks["redis"] != "ok", checks["postgres"]) == (True, "ok")
        run = start_newsletter(work.team, workflow, DOCUMENTS, ["meanwhile@readers.example"])
        wait_until(lambda: status(work.team, run) == "waiting", "no run went on without Redis")
        approve(work.team, run)
        wait_until(lambda: status(work.team, run) == "completed", "no decision was carried out without Redis")
        time.sleep(max(0, seconds - (time.monotonic() - gone)))
    finally:
        stack.services.redis.start()
    back = time.monotonic()
    wait_until(lambda: ready(stack)[0] == 200, "the platform did not recover", RECOVERED[seconds])
    work.goes_on(by=back + RECOVERED[seconds])
    assert logs.times("Redis does not answer").total() >= 2
    assert {name: times for name, times in logs.times("Redis does not answer: it only").items() if times > 1} == {}
    assert logs.tracebacks() == {}


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert os.statvfs(filler).f_bavail == 0


@pytest.fixture
def full_disk(stack: Stack) -> Iterator[Path]:
    """A disk of 64 kB under the artifacts, with no byte left. Removing the file in it makes room."""
    folder = stack.state / "artifacts"
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    filler = folder / "filler"
    try:
        fill(filler)
        yield filler
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_the_disk_for_artifacts_is_full(stack: Stack, team: Team, workflow: str, mailbox: Mailbox, full_disk: Path,
                                        logs: Logs):
    run = start_newsletter(team, workflow, DOCUMENTS, ["disk@readers.example"])
    wait_until(lambda: status(team, run) == "waiting", "the run did not reach its gate")
    approve(team, run)

    def written() -> dict:
        return next(iter(team.admin.all(f"{team.path}/tool-calls/?run={run}")), {})

    wait_until(lambda: written().get("state") == "not_done", "the full disk was not noted")
    assert written()["code"] == "storage_failed"
    assert "No space left" in written()["detail"]
    code, checks = ready(stack)
    assert (code, checks["artifacts"]) == (200, "failed: DiskFull")
    full_disk.unlink()
    wait_until(lambda: status(team, run) == "completed", "the run did not go on once there was room")
    assert [artifact["name"] for artifact in team.admin.all(f"{team.path}/runs/{run}/artifacts/")] == ["newsletter.md"]
    assert sum("disk@readers.example" in mail.recipients for mail in mailbox.received) == 1
    assert logs.tracebacks() == {}


@pytest.mark.slow
def test_a_disk_that_stays_full_rests_in_a_state_that_says_so(team: Team, workflow: str, full_disk: Path):
    run = start_newsletter(team, workflow, DOCUMENTS, ["full@readers.example"])
    wait_until(lambda: status(team, run) == "waiting", "the run did not reach its gate")
    approve(team, run)
    wait_until(lambda: status(team, run) == "needs_attention", "it never asked for attention", seconds=240)
    attention = team.admin.get(f"{team.path}/runs/{run}/")["attention"]
    assert attention["reason"] == "tool_not_done"
    assert "No space left" in attention["detail"]
    full_disk.unlink()
    team.editor.post(f"{team.path}/runs/{run}/retry/")
    wait_until(lambda: status(team, run) == "completed", "the retry did not complete")
