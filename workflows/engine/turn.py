"""One turn of a worker at a run: from the claim to a gate, an end, or something that has to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command

from countersign.errors import CountersignError
from countersign.logs import bound, get_logger
from countersign.outages import POSTGRES, part_of
from workflows.engine import drain
from workflows.engine.alone import advance_alone
from workflows.engine.claims import Claimed, Ending, claim, finish, go_on, quarantine, released, try_again
from workflows.engine.failures import DELAYS, Held, NeedsAttention, StepFailed, TryAgain
from workflows.engine.gates import answer_to, open_gate
from workflows.engine.grants import let_go_of_connection
from workflows.engine.graph import CONFIG, compiled
from workflows.engine.host import Host
from workflows.engine.lease import MOST_CLAIMS, StaleLease, heart
from workflows.engine.pool import check_pools, engine_pool
from workflows.engine.saver import RunSaver
from workflows.engine.session import Session, describe
from workflows.engine.state import FEEDBACK
from workflows.engine.stored import Stored, look
from workflows.models import Run, RunStatus

log = get_logger(__name__)


def take_turn(tenant_id: UUID, run_id: UUID) -> None:
    """Claim this very run, whosever turn it is, and advance it. Safe to repeat."""
    with bound(tenant=str(tenant_id), run=str(run_id)):
        claimed = claim(tenant_id, run_id)
        let_go_of_connection()
    if claimed is not None:
        advance(claimed)


def advance(claimed: Claimed, *, how: Callable[[Claimed], None] | None = None) -> None:
    """Take a claimed run as far as it goes. Safe to kill: what is not stored is done again by another turn.

    Unless `how` says otherwise it is done here, or in a process of its own when the last turns were lost.
    """
    lease = claimed.lease
    how = how or (advance_alone if lease.claims >= MOST_CLAIMS else advance_here)
    with bound(tenant=str(lease.tenant), run=str(lease.run)):
        heart.beat_for(lease)
        try:
            how(claimed)
        except StaleLease:
            log.warning("run.taken_over", epoch=lease.epoch)
        finally:
            heart.forget(lease)
            let_go_of_connection()


def advance_here(claimed: Claimed) -> None:
    lease, run, stored = claimed
    graph = compiled(run)
    saver = RunSaver(engine_pool(), lease, holds=True)
    go_on(run, saver)
    session = Session(run=run, spec=graph.spec, pins=graph.pins, saver=saver, host=Host(lease))
    try:
        ending = _play(session, graph.with_saver(saver), stored or look(lease))
    except StaleLease:
        raise
    except Exception as error:
        ending = _after(error, run, saver)
    if ending is not None:
        session.book_time()
        finish(lease, run, ending, saver)
    log.info("turn.ended", steps=session.steps, seconds=round(session.booked, 3))


def _play(session: Session, graph: Any, stored: Stored) -> Ending | None:
    """Run the graph until it ends; None when the run now waits for people, which has let go of it already."""
    session.saver.go_on_from(stored.checkpoint)
    interrupts = _interrupts(stored.checkpoint)
    settled = answer_to(session, interrupts[0].value, stored) if interrupts else None
    given: Any = None if stored.checkpoint else {FEEDBACK: []}
    while True:
        if interrupts:
            settled = settled or open_gate(session, interrupts[0].value)
            if isinstance(settled, Ending) or settled is None:
                return settled
            given, settled = Command(resume={interrupts[0].id: settled}), None
        with drain.listening(RunControl()) as control:
            state = graph.invoke(given, {**session.saver.config, **CONFIG},
                                 context=session, durability="sync", control=control)
        interrupts = state.get("__interrupt__")
        if not interrupts:
            return Ending(RunStatus.COMPLETED, "run.completed", {})


def _interrupts(saved: Any) -> list[Any]:
    """The interrupts that wait on the stored checkpoint. An answered one leaves with the next checkpoint."""
    pending = saved.pending_writes if saved else []
    return [interrupt for _task, name, value in pending if name == "__interrupt__" for interrupt in value]


def _after(error: Exception, run: Run, saver: RunSaver) -> Ending:
    """What follows from a failure. What is not foreseen is a bug: tried again a few times, then quarantined."""
    told = describe(error)
    match error:
        case GraphDrained():
            return released()
        case Held():
            return Ending(RunStatus.QUEUED, "run.held", {"until": error.until.isoformat()}, due_at=error.until)
        case TryAgain() if run.attempts < len(error.delays):
            return try_again(run, told | error.data, delay=error.delays[run.attempts])
        case TryAgain():
            return _attention(error.reason, error)
        case NeedsAttention():
            return _attention(error.code, error)
        case OperationalError() | psycopg.OperationalError():
            return _database_failed(error, run)
        case StepFailed() | CountersignError():
            return Ending(RunStatus.FAILED, "run.failed", told, error=told)
    log.exception("run.crashed")
    if saver.claims >= MOST_CLAIMS:
        return quarantine(told)
    return try_again(run, told, delay=DELAYS[max(saver.claims - 1, 0)], ours=True)


def _database_failed(error: Exception, run: Run) -> Ending:
    """Postgres was restarted, or is away, or somebody holds what this run needs. Whoever can still write this down
    does; else the lease runs out by itself."""
    log.warning("run.database_failed", error=type(error).__name__)
    told = {"code": "database_busy", "detail": "The database was busy with another change.", "error_class": "transient"}
    if part_of(error) is POSTGRES:
        check_pools()
        told |= {"code": "database_unavailable", "detail": "The database did not answer."}
    return try_again(run, told, delay=DELAYS[0], counts=False)


def _attention(reason: str, error: StepFailed) -> Ending:
    told = describe(error)
    shown = {"reason": reason, **told, **error.data}
    return Ending(RunStatus.NEEDS_ATTENTION, "run.needs_attention", shown, error=told)


