"""Who leads: one scheduler, for as long as it is there. One that stands still is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]


class Scheduler:
    """A scheduler's process on the test's database."""

    def __init__(self, log: Path) -> None:
        database = connection.settings_dict
        address = f"postgresql://engine@/{database['NAME']}?host={database['HOST']}"
        self.log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "scheduler"], stderr=out, cwd=ROOT,
                env={**os.environ, "COUNTERSIGN_PROCESS": "scheduler", "DATABASE_URL": address})

    def said(self, words: str) -> int:
        return self.log.read_text().count(words)


@pytest.fixture
def start(tmp_path):
    """`start()`: one more scheduler."""
    started: list[Scheduler] = []

    def begin() -> Scheduler:
        started.append(Scheduler(tmp_path / f"scheduler-{len(started)}.log"))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def test_a_leader_that_stands_still_leads_no_more(start):
    first = start()
    wait_for(lambda: first.said("scheduler.leads"))
    second = start()
    wait_for(lambda: second.said("scheduler.ready"))
    first.process.send_signal(signal.SIGSTOP)
    assert wait_for(lambda: second.said("scheduler.leads")) < 30  # 5 s of silence, a look a second, a busy machine
    first.process.send_signal(signal.SIGCONT)
    wait_for(lambda: first.said("scheduler.lost_the_lead"))
    time.sleep(2)
    assert first.said("scheduler.leads") == 1, "it leads beside the other one"
    assert first.process.poll() is None
    second.process.kill()
    wait_for(lambda: first.said("scheduler.leads") == 2)
