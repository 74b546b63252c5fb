"""Between the graph's interrupt and people's decision."""

from __future__ import annotations

from typing import Any

from approvals.models import ApprovalRequest, RequestStatus, Scope
from approvals.plans import plan_hash
from approvals.services import Subject, open_request
from approvals.services.assignments import hold_access
from countersign.database.context import pipelined_context, tenant_context
from workflows.engine import lease as leases
from workflows.engine.claims import TOPIC, Ending
from workflows.engine.events import Change, Event
from workflows.engine.grants import keep_grants, let_go_of_connection
from workflows.engine.lease import LOCK_PATIENCE, Lease
from workflows.engine.session import Session
from workflows.engine.stored import Stored
from workflows.models import Run, RunStatus
from workflows.receivers import EXPIRED


def open_gate(session: Session, gate: dict[str, Any]) -> dict[str, Any] | Ending | None:
    """Open the gate's request and let go of the run until people have decided: None.

    When they already have (a worker died before it could go on), what the graph resumes with, or how the run ends.
    Safe to repeat: the same plan has one request. Raises OperationalError while the tenant's roles are being changed,
    StaleLease.
    """
    run, lease = session.run, session.saver.lease
    session.book_time()
    try:
        with leases.refused_when_stale(lease), pipelined_context(run.tenant_id, lock_timeout=LOCK_PATIENCE):
            hold_access(exclusive=False)  # before the lease, which others wait for
            leases.hold_to_rest(lease, TOPIC)  # before the request is read: what is said after that rings anew
            request = open_request(
                scope=Scope(id=run.template.scope_id), subject=Subject("run", run.id), gate=gate["gate"],
                revision=gate["revision"], plan=gate["plan"], policy=gate["policy"], shown=gate["shown"],
                title=run.title or run.template.name, started_by=run.started_by_id, authors=[])
            if request.status != RequestStatus.OPEN:
                return _settled(request, gate)
            session.saver.save_here(*_opened(run, request, gate, lease), change=Change(
                {"status": RunStatus.WAITING, "request_id": request.id}, anew=True))
            leases.release(lease)
            return None
    finally:
        let_go_of_connection()


def answer_to(session: Session, gate: dict[str, Any], stored: Stored) -> dict[str, Any] | Ending | None:
    """What people said since the run's request was opened, and the grants that follow.

    None without a request, for another plan, or while it is open: then `open_gate` knows what to do.
    """
    request = stored.request
    if request is None or (request.gate, request.revision, request.plan_hash) != (
            gate["gate"], gate["revision"], plan_hash(gate["plan"])):
        return None
    keep_grants(session, str(request.id), stored.grants)
    return _settled(request, gate)


def _opened(run: Run, request: ApprovalRequest, gate: dict[str, Any], lease: Lease) -> list[Event]:
    if run.request_id == request.id:
        return []
    return [Event("gate.opened", gate["gate"], {
        "request": str(request.id), "revision": gate["revision"],
        "calls": [call["id"] for call in gate["plan"]["calls"]], "epoch": lease.epoch})]


def _settled(request: ApprovalRequest, gate: dict[str, Any]) -> dict[str, Any] | Ending:
    """What the graph's gate gets to hear, with the plan as it was stored when people saw it."""
    match request.status:
        case RequestStatus.APPROVED:
            verdict, feedback = "approve", []
        case RequestStatus.CHANGES_REQUESTED:
            verdict, feedback = "request_changes", _asked_changes(request)
        case _:
            return end_of(request.status)
    return {"verdict": verdict, "feedback": feedback, "request": str(request.id), "revision": gate["revision"],
            "plan": gate["plan"]}


def _asked_changes(request: ApprovalRequest) -> list[str]:
    with tenant_context(request.tenant_id):
        decisions = request.decisions.filter(verdict="request_changes")
        words = list(decisions.order_by("id").values_list("comment", flat=True))
    let_go_of_connection()
    return words


def end_of(status: str) -> Ending:
    """The end that a request without approval brings its run to."""
    match status:
        case RequestStatus.REJECTED:
            return Ending(RunStatus.REJECTED, "run.rejected", {"code": "rejected"})
        case RequestStatus.EXPIRED:
            return Ending(RunStatus.REJECTED, "run.rejected", EXPIRED, error=EXPIRED)
    return Ending(RunStatus.CANCELLED, "run.cancelled", {})
