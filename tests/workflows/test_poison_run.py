"""A run that kills whatever process works on it, among runs that only happen to be there (design §4.2)."""

from __future__ import annotations

import os
import signal
import threading
import time

import psutil
import pytest

from tests.workflow_stage import INPUT, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = "# News\n\n## One\n\n- It rained. [source](source:a.md)\n"


@pytest.fixture
def deaths(host):
    """Whoever asks for a draft of the poison dies of it; other drafts take longer than that. Returns who died."""
    died: list[int] = []

    def writer(prompt: str) -> str:
        if "poison" not in prompt:
            time.sleep(2)
            return DRAFT
        port = host.askers[prompt]
        [asker] = {each.pid for each in psutil.net_connections("tcp4")
                   if each.pid and each.laddr.port == port and each.status == "ESTABLISHED"}
        time.sleep(1)  # until the others are at it, too
        os.kill(asker, signal.SIGKILL)
        died.append(asker)
        return DRAFT

    host.models["writer"] = writer
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


def test_the_poison_is_quarantined_and_those_beside_it_go_on(stage, start, host, deaths, workers):
    poison = stage.start(run_input={**INPUT, "documents": [{"name": "a.md", "text": "poison"}]})
    unlucky = [stage.start(run_input={**INPUT, "documents": [{"name": "a.md", "text": f"rain {number}"}]})
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
    assert max(len(stage.events(run, "run.resumed")) for run in unlucky) >= 2, "nobody was beside it: this says nothing"
