"""The dispatcher when its own process is at its end: what was claimed is not kept by nobody."""

from __future__ import annotations

import threading

import pytest

from countersign.doorbells.models import Lease
from tests.workflow_stage import signed_in_as
from workflows.engine.dispatcher import Dispatcher
from workflows.engine.lease import heart

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_whose_thread_cannot_begin_is_handed_back_at_once(stage, monkeypatch):
    run = stage.start()
    dispatcher = Dispatcher(most_turns=4, at_work=2)

    def no_more_threads(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with signed_in_as("engine"):
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_more_threads)
            with pytest.raises(RuntimeError):
                dispatcher._claim_one()
        assert dispatcher._under_way() == []
        assert [lease.run for lease in heart.held()] == []
        lease = Lease.objects.get(subject_id=run.id)
        assert (lease.expires_at, lease.claims) == (None, 0)
    run = stage.read(run)
    assert run.status == "queued"
    assert stage.turn(run).status == "waiting"
