"""While a model or a tool takes its time, what the run holds is stored; a quick call costs no transaction."""

from __future__ import annotations

import time

import psycopg
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


@pytest.mark.parametrize(("of_one_call", "in_all"), [(0.25, 60), (60, 0)])
def test_a_slow_call_is_seen_while_it_is_waited_for(stage, approved, slowly, monkeypatch, of_one_call, in_all):
    """After a moment of it, or as it begins when the last save is long ago."""
    monkeypatch.setattr("workflows.engine.pulse.SECONDS", of_one_call)
    monkeypatch.setattr("workflows.engine.pulse.SECONDS_IN_ALL", in_all)
    seen: list[list[str]] = []
    slowly(lambda: seen.append(seen_within(stage, approved, "tool.called")))
    assert stage.turn(approved).status == "completed"
    assert [nodes[0] for nodes in seen] == ["publish", "publish"]
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


def test_while_a_model_takes_its_time_it_is_seen_that_it_is_asked(stage, host):
    run = stage.start()
    seen: list[tuple] = []
    answer = host.models["writer"]

    def late(prompt: str) -> str:
        nodes = seen_within(stage, run, "step.started")
        in_thread_as("web", lambda: seen.append((nodes, stage.read(run).status))).join(20)
        return answer(prompt)

    host.models["writer"] = late
    assert stage.turn(run).status == "waiting"
    assert seen == [(["draft"], "running")]
    assert [event.kind for event in stage.events(run)][:3] == ["run.queued", "run.started", "step.started"]


@pytest.mark.parametrize("fault", [psycopg.OperationalError("away"), ValueError("ours")])
def test_what_could_not_be_stored_is_tried_again_while_the_call_goes_on(stage, approved, slowly, monkeypatch, fault):
    """Whatever the fault is: one thread stores for all of a worker's runs, and must not end."""
    send, faults = RunSaver._send, [fault]

    def sends(*arguments, **options):
        if faults:
            raise faults.pop()
        return send(*arguments, **options)

    monkeypatch.setattr(RunSaver, "_send", sends)
    monkeypatch.setattr("workflows.engine.pulse.SECONDS_IN_ALL", 0.1)
    seen: list[list[str]] = []
    slowly(lambda: seen.append(seen_within(stage, approved, "tool.called")))
    assert stage.turn(approved).status == "completed"
    assert not faults
    assert seen == [["publish"], ["publish"]]
    assert [event.node for event in stage.events(approved, "tool.called")] == ["publish", "send"]


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
