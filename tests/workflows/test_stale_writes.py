"""chaos counts what was written by who did not hold the run: a count that a broken lease check shows up in."""

from __future__ import annotations

import pytest

from tests.workflow_stage import in_thread_as
from workflows.engine import lease, turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def overtaken(stage, monkeypatch, host):
    """`overtaken()`: a worker drafts so slowly that another one takes its run over; then it stores what it has."""
    def play():
        run, quick = stage.start(), host.models["writer"]

        def slow(prompt: str) -> str:
            host.models["writer"] = quick
            stage.forget_worker(run)
            for held in turn.heart.held():  # a worker that hangs does not hear that it was overtaken
                turn.heart.forget(held)
            with monkeypatch.context() as patched:
                patched.setattr("workflows.engine.turn.heart", lease.Heart())
                in_thread_as("engine", lambda: turn.take_turn(stage.tenant.id, run.id)).join(60)
            return quick(prompt)

        host.models["writer"] = slow
        return stage.turn(run)

    return play


def test_a_worker_that_is_refused_leaves_none(overtaken, books):
    assert overtaken().status == "waiting"
    assert books.stale_writes() == []


def test_a_worker_that_is_not_refused_is_found_out(no_lease_check, overtaken, books):
    run = overtaken()
    found = books.stale_writes()
    assert found
    assert all(str(run.id) in each for each in found)
    assert "written under epoch 1, after 2" in found[0]
