"""While a tool takes its time, people see what the run waits for; a quick call costs no transaction of its own."""

from __future__ import annotations

import time

import pytest

from tests.workflow_stage import in_thread_as
from workflows.engine import host as engine_host
from workflows.engine.saver import RunSaver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def approved(stage):
    run = stage.turn(stage.start())
    stage.decide(run)
    return run


@pytest.fixture
def slowly(monkeypatch):
    """`slowly(meanwhile)`: each tool call does that before it goes out."""
    def slow(meanwhile) -> None:
        call = engine_host.call_tool

        def late(*arguments):
            meanwhile()
            return call(*arguments)

        monkeypatch.setattr(engine_host, "call_tool", late)

    return slow


def seen_within(stage, run, kind: str, seconds: float = 20) -> list[str]:
    """The nodes of such events, once there is one: what somebody else sees."""
    seen: list[str] = []
    until = time.monotonic() + seconds

    def look() -> None:
        while not seen and time.monotonic() < until:
            seen.extend(event.node for event in stage.events(run, kind))
            time.sleep(0.02)

    in_thread_as("web", look).join(seconds + 5)
    return seen


def test_a_slow_call_is_seen_while_it_is_waited_for(stage, approved, slowly):
    seen: list[list[str]] = []
    slowly(lambda: seen.append(seen_within(stage, approved, "tool.called")))
    assert stage.turn(approved).status == "completed"
    assert seen == [["publish"], ["publish"]]
    assert [event.node for event in stage.events(approved, "tool.called")] == ["publish", "send"]
    assert [event.node for event in stage.events(approved, "step.completed")] == [
        "draft", "check", "gate", "publish", "send"], "each told once"


def test_a_quick_call_is_stored_with_what_comes_after_it(stage, approved, monkeypatch):
    saves: list[str] = []
    flush = RunSaver.flush
    monkeypatch.setattr("workflows.engine.pulse.SECONDS", 60)
    monkeypatch.setattr(RunSaver, "flush", lambda saver: (saves.append("flush"), flush(saver)))
    assert stage.turn(approved).status == "completed"
    assert saves == []


def test_whoever_lost_the_lease_while_waiting_stores_nothing(stage, approved, slowly):
    def lose() -> None:
        stage.forget_worker(approved)
        with stage.context():
            from countersign.doorbells.models import Lease

            Lease.objects.filter(subject_id=approved.id).update(epoch=99)
        time.sleep(0.5)

    slowly(lambda: in_thread_as("engine", lose).join(20))
    assert stage.turn(approved).status != "completed"
    assert stage.events(approved, "tool.called", "step.completed")[2:] == []
