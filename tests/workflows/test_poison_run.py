"""A run that kills whatever process works on it, among runs that only happen to be there (design §4.2)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from countersign.clock import now
from countersign.doorbells.models import Lease
from countersign.ids import new_id
from tests.workflow_stage import INPUT, Stage, signed_in_as, wait_for
from workflows.engine import alone, drain

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = "# News\n\n## One\n\n- It rained. [source](source:a.md)\n"


class Deaths(list[int]):
    """Who died: whoever asked for a draft of the poison, as soon as somebody beside it asks and it `may`.

    The first ones, `waited_for`, are waited for by those beside it, whose documents are of rain and a number.
    """

    def __init__(self, host) -> None:
        self.host = host
        self.may = threading.Event()
        self.may.set()
        self.waited_for = 2
        self.beside = 0

    def draft(self, prompt: str) -> str:
        if "poison" in prompt:
            self.kill(prompt)
        elif re.search(r"rain \d", prompt):
            before = len(self)
            self.beside += 1
            patiently(lambda: len(self) > min(before, self.waited_for - 1))
            self.beside -= 1
        return DRAFT

    def kill(self, prompt: str) -> None:
        port = self.host.askers[prompt]
        [asker] = {each.pid for each in psutil.net_connections("tcp4")
                   if each.pid and each.laddr.port == port and each.status == "ESTABLISHED"}
        patiently(lambda: self.may.is_set() and (self.beside or len(self) >= self.waited_for))
        os.kill(asker, signal.SIGKILL)
        self.append(asker)


def patiently(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def deaths(host) -> Deaths:
    died = Deaths(host)
    host.models["writer"] = died.draft
    return died


@pytest.fixture
def workers(start):
    """A worker that is started again when it dies, until the test is over. Returns the processes there were."""
    started = [start("worker", "--threads", "8")]
    over = threading.Event()

    def mind() -> None:
        while not over.wait(0.1):
            if started[-1].poll() is not None:
                started.append(start("worker", "--threads", "8"))

    thread = threading.Thread(target=mind, daemon=True)
    thread.start()
    yield started
    over.set()
    thread.join()


def lost_twice(*runs) -> None:
    """As if two workers had died with all of these in hand."""
    with signed_in_as("engine"):
        for run in runs:
            Lease.objects.create(subject_id=run.id, tenant_id=run.tenant_id, epoch=2, claims=2,
                                 expires_at=now() - timedelta(seconds=1))


def claims_of(run) -> int:
    with signed_in_as("engine"):
        return Lease.objects.get(subject_id=run.id).claims


def with_document(text: str) -> dict:
    return {**INPUT, "documents": [{"name": "a.md", "text": text}]}


def test_many_that_died_with_the_poison_neither_fill_the_worker_nor_go_alone_one_by_one(
        stage, start, host, deaths, make_tenant, make_member):
    """Four turns: the poison and another go alone, others have the room that is left; once it is found, all do."""
    poison = stage.start(run_input=with_document("poison"))
    beside = [stage.start(run_input=with_document(f"rain {number}")) for number in range(8)]
    lost_twice(poison, *beside)
    deaths.may.clear()
    deaths.waited_for = 1
    other = Stage.set_up(make_tenant("bold"), make_member)
    [run] = other.start_many(1)
    worker = start("worker", "--threads", "2", "--turns", "4")
    start("scheduler")
    wait_for(lambda: other.read(run).status == "waiting")
    assert not deaths, "it had to wait for that"
    deaths.may.set()
    wait_for(lambda: stage.read(poison).attention_reason == "quarantined")
    wait_for(lambda: all(stage.read(each).status == "waiting" for each in beside), 120)
    assert worker.log.read_text().count("run.taken_alone") <= 4


def test_a_worker_that_stops_does_not_blame_the_run_that_it_took_alone(stage, start, host):
    """Its process is told to stop before it can hear that."""
    run = stage.start()
    lost_twice(run)
    worker = start("worker", "--threads", "2")
    wait_for(lambda: "run.taken_alone" in worker.log.read_text())
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    run = stage.read(run)
    assert (run.status, run.attention_reason) == ("queued", "")
    assert stage.outbox(run)
    assert claims_of(run) == 2, "this claim does not count, those before it do"


@pytest.fixture
def taken_alone(stage):
    """`taken_alone(code)`: a run for the third time, whose process ends with this exit status."""
    from workflows.engine import claims

    def take(code: int, monkeypatch):
        run = stage.start()
        lost_twice(run)
        program = f"import os; os.kill(os.getpid(), {-code})" if code < 0 else f"raise SystemExit({code})"
        monkeypatch.setattr(alone, "_begin", lambda lease: subprocess.Popen([sys.executable, "-c", program]))
        with signed_in_as("engine"):
            claimed = claims.claim(stage.tenant.id, run.id)
            alone.advance_alone(claimed)
        return stage.read(run)

    return take


def test_a_process_without_a_database_says_nothing_about_the_run(taken_alone, monkeypatch):
    run = taken_alone(alone.DATABASE_AWAY, monkeypatch)
    assert (run.status, claims_of(run)) == ("queued", 2)


@pytest.mark.parametrize("code", [1, -signal.SIGKILL, -signal.SIGSEGV])
def test_any_other_death_does(taken_alone, monkeypatch, code):
    assert taken_alone(code, monkeypatch).attention_reason == "quarantined"


def test_one_that_somebody_told_to_stop_keeps_its_claims(taken_alone, monkeypatch):
    run = taken_alone(-signal.SIGTERM, monkeypatch)
    assert (run.status, claims_of(run)) == ("queued", 3)


def test_while_the_worker_stops_nothing_is_begun(taken_alone, monkeypatch):
    monkeypatch.setattr(drain, "is_draining", lambda: True)
    run = taken_alone(-signal.SIGKILL, monkeypatch)
    assert (run.status, claims_of(run)) == ("queued", 2)


def test_the_process_tells_that_it_has_no_database(pool):
    told = {"parent": os.getpid(), "tenant": str(new_id()), "run": str(new_id()), "epoch": 1, "token": "", "claims": 3}
    ended = subprocess.run(
        [sys.executable, "manage.py", "turn"], input=json.dumps(told), text=True, capture_output=True,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "COUNTERSIGN_PROCESS": "worker", "DATABASE_URL": "postgresql://engine@127.0.0.1:9/nowhere"})
    assert ended.returncode == alone.DATABASE_AWAY, ended.stderr


def test_the_poison_is_quarantined_and_those_beside_it_go_on(stage, start, host, deaths, workers):
    poison = stage.start(run_input=with_document("poison"))
    unlucky = [stage.start(run_input=with_document(f"rain {number}"))
               for number in range(2)]
    start("scheduler")
    wait_for(lambda: stage.read(poison).status == "needs_attention", 180)
    wait_for(lambda: all(stage.read(run).status == "waiting" for run in unlucky), 180)
    run = stage.read(poison)
    assert (run.attention_reason, run.attention["last_error"]["code"]) == ("quarantined", "worker_lost")
    assert "SIGKILL" in run.attention["last_error"]["detail"]
    assert len(deaths) == 3
    assert set(deaths[:2]) == {worker.pid for worker in workers[:2]}, "the first two claims cost a worker each"
    assert len(workers) == 3, "the third claim cost nobody but the run itself"
    assert not any(stage.events(run, "run.needs_attention") for run in unlucky)
    with signed_in_as("engine"):
        claims = Lease.objects.filter(subject_id__in=[run.id for run in unlucky]).values_list("epoch", flat=True)
        assert max(claims) >= 3, "nobody was beside it: this says nothing"
