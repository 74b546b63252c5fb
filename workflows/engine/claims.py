"""Taking a run on, which its first save then says, and letting it go: each one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from psycopg.types.json import Jsonb

from countersign.clock import now
from countersign.database.context import adopt_tenant, pipelined_context
from countersign.database.statements import loading_together, pipelined_transaction, tell
from countersign.doorbells.services import ring
from countersign.errors import CountersignError
from countersign.logs import get_logger
from countersign.outages import POSTGRES, part_of
from workflows.engine import lease as leases
from workflows.engine.events import Change, Event, record
from workflows.engine.grants import let_go_of_connection
from workflows.engine.lease import LOCK_PATIENCE, MOST_CLAIMS_AT_ALL, Lease
from workflows.engine.pool import check_pools
from workflows.engine.saver import RunSaver
from workflows.engine.slots import waiting
from workflows.engine.stored import Stored, looking
from workflows.models import Run, RunStatus, Template

log = get_logger(__name__)


class Claimed(NamedTuple):
    """`run` with its template. `stored` is what the run goes on from, where that was read with the claim."""

    lease: Lease
    run: Run
    stored: Stored | None = None


TOPIC = "run"

CLAIMED = """workflows_run AS run JOIN workflows_template AS template ON template.id = run.template_id
    WHERE run.id = %s"""
QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Ending:
    """How a worker's turn ends. `due_at` promises another turn; `ours` is a failure of our own: its claim counts.
    `untried` is a turn that nobody got to work in: its claim does not."""

    status: RunStatus
    kind: str
    data: dict[str, Any]
    error: dict[str, Any] | None = None
    due_at: datetime | None = None
    attempted: bool = False
    ours: bool = False
    untried: bool = False

    @property
    def rests(self) -> bool:
        """Whether only a person's doing goes on from here. Where a call is in doubt that may have been done already:
        somebody said what happened, and rang, while the worker was still about to ask."""
        return self.status == RunStatus.NEEDS_ATTENTION and self.data.get("reason") != "in_doubt"


class ClaimFailed(CountersignError):
    """A run that was to be claimed could not be: it still waits, or its lease runs out."""

    code = "claim_failed"

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self.tenant_id = tenant_id


def claim(tenant_id: UUID, run_id: UUID) -> Claimed | None:
    """Answer the outbox and take the run's lease, in one transaction; None when there is nothing to do here.

    That is so when nothing is promised, while another worker holds the run (its outbox row stays), and for a run that
    has ended.
    """
    begun = None
    with pipelined_context(tenant_id, lock_timeout=LOCK_PATIENCE):
        if lease := leases.take(TOPIC, tenant_id, run_id):
            begun = _begin(lease)
    return begun() if begun else None


def claim_next(*, after: UUID, passed_over: Collection[UUID] = (),
               alone: bool = True) -> tuple[UUID, Claimed | None, bool] | None:
    """Claim the run whose turn it is: the oldest of the next tenant in the round after this one. Without `alone`, one
    that may go together with others.

    Returns that tenant, None beside it when its run turned out to have nothing to do, and whether more may wait; None
    when nothing waits but for the tenants `passed_over`. Raises ClaimFailed, so that the round can go on after the
    tenant it names.
    """
    tenant_id, begun = None, None
    try:
        with pipelined_transaction():
            tell(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'")
            found = leases.take_next(TOPIC, after=after, passed_over=passed_over, alone=alone)
            if found is None:
                return None
            tenant_id, lease, more = found
            if lease is None:
                return tenant_id, None, True
            with adopt_tenant(tenant_id):
                begun = _begin(lease)
        return tenant_id, begun(), more
    except Exception as error:
        if tenant_id is None:
            raise
        raise ClaimFailed(tenant_id) from error


def _begin(lease: Lease) -> Callable[[], Claimed | None]:
    """Ask for what the run goes on from, in the transaction that takes its lease. What came of that is read once that
    has committed: nothing here waits for an answer. That it goes on is for its first save to say."""
    claimed = loading_together({"run": Run, "template": Template}, CLAIMED, [lease.run])
    stored = looking(lease)

    def begun() -> Claimed | None:
        run, template = next(iter(claimed()), (None, None))
        if run is None or run.ended_at or run.attention_reason == QUARANTINED:
            with leases.refused_when_stale(lease), pipelined_context(lease.tenant):
                leases.release(lease)
            return None
        if lease.claims > MOST_CLAIMS_AT_ALL:
            _store(lease, run, quarantine(run.error))
            return None
        run.template = template
        return Claimed(lease, run, stored())

    return begun


def go_on(run: Run, saver: RunSaver) -> None:
    """Have the first save under this lease say so."""
    began = run.started_at or now()
    saver.begin("run.resumed" if run.started_at else "run.started", Change({
        "status": RunStatus.RUNNING, "started_at": began, "attention_reason": "", "attention": Jsonb({})}))
    run.status, run.started_at, run.attention_reason, run.attention = RunStatus.RUNNING, began, "", {}


def quarantine(error: dict[str, Any] | None) -> Ending:
    last = error or {"code": "worker_lost", "detail": "The worker stopped without a word.", "error_class": "bug"}
    told = {"reason": QUARANTINED, "last_error": last}
    return Ending(RunStatus.NEEDS_ATTENTION, "run.needs_attention", told, error=last)


#: Seconds before each further try at letting go of a run while the database does not answer.
PATIENCE = (0.25, 0.5, 1, 2, 3)


def finish(lease: Lease, run: Run, ending: Ending, saver: RunSaver | None = None, *, patient: bool = True) -> None:
    """Let go of the run with what came of the turn, and with what its saver holds back, which may be paid for: for a
    few seconds a database that is away is waited for. Raises StaleLease, having written nothing."""
    for delay in PATIENCE if patient else ():
        try:
            _store(lease, run, ending, saver)
            return
        except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
            if part_of(error) is not POSTGRES:
                raise
        let_go_of_connection()
        with waiting():
            time.sleep(delay)
        check_pools()
    _store(lease, run, ending, saver)


def _store(lease: Lease, run: Run, ending: Ending, saver: RunSaver | None = None) -> None:
    with leases.refused_when_stale(lease), pipelined_context(run.tenant_id):
        _settle(lease, run, ending, saver)


def _settle(lease: Lease, run: Run, ending: Ending, saver: RunSaver | None = None) -> None:
    progress = saver is not None and saver.claims == 0
    if ending.rests:
        leases.hold_to_rest(lease, TOPIC)
    leases.release(lease, keep_claims=ending.ours and not progress, untried=ending.untried)
    event = Event(ending.kind, data={**ending.data, "epoch": lease.epoch})
    if saver:
        saver.save_here(event, change=_change(ending))
    else:
        record(run.tenant_id, run.id, event, change=_change(ending))
    if ending.due_at is not None:
        ring(TOPIC, tenant_id=run.tenant_id, subject_id=run.id, due_at=ending.due_at)
    log.info(ending.kind, status=ending.status.value, code=(ending.error or {}).get("code"))


def _change(ending: Ending) -> Change:
    """Whoever asks a person tries anew after that. An error stays until something else is known."""
    ended, asks = ending.status.ended, ending.status == RunStatus.NEEDS_ATTENTION
    columns = {"status": ending.status, "ended_at": now() if ended else None,
               "attention_reason": ending.data.get("reason", "") if asks else "",
               "attention": Jsonb(ending.data if asks else {})}
    if ending.error or ended:
        columns["error"] = Jsonb(ending.error) if ending.error else None
    return Change(columns, tried=ending.attempted, anew=asks and not ending.attempted)


def released(*, delay: float = 0, untried: bool = False, ours: bool = False) -> Ending:
    """Another turn, of another worker: nothing is wrong with the run."""
    return Ending(RunStatus.QUEUED, "run.released", {}, due_at=now() + timedelta(seconds=delay), untried=untried,
                  ours=ours)


def try_again(run: Run, error: dict[str, Any], *, delay: float, ours: bool = False, counts: bool = True) -> Ending:
    """Another turn, later. `ours`: it counts as a claim without progress; `counts`: as a try at this step."""
    due_at = now() + timedelta(seconds=delay)
    told = {**error, "attempt": run.attempts + 1, "due_at": due_at.isoformat()}
    return Ending(RunStatus.QUEUED, "run.retrying", told, error=error, due_at=due_at, attempted=counts and not ours,
                  ours=ours)
