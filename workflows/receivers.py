"""What happens here when approvals settle or roles go: in their own transaction."""

from __future__ import annotations

from approvals.models import ApprovalRequest, ApproverRole, RequestStatus
from countersign.clock import now
from countersign.database.statements import load, tell
from countersign.doorbells.services import ring
from workflows.engine.events import Event, record
from workflows.models import Run, RunStatus
from workflows.queries.templates import versions_that_ask

EXPIRED = {"code": "request_expired", "detail": "Nobody decided in time.", "error_class": "policy"}


def on_request_settled(sender: object, request: ApprovalRequest, **_: object) -> None:
    """Wake the run, or end it when the answer was no. A request of a run that has ended meanwhile changes nothing."""
    if request.subject_type != "run":
        return
    run = next(iter(load(Run, "WHERE id = %s FOR UPDATE", [request.subject_id])), None)
    if run is None or RunStatus(run.status).ended or run.request_id != request.id:
        return
    record(run.tenant_id, run.id, Event("gate.settled", request.gate, {
        "request": str(request.id), "revision": request.revision, "status": request.status}))
    if request.status in (RequestStatus.APPROVED, RequestStatus.CHANGES_REQUESTED):
        tell("UPDATE workflows_run SET status = %s WHERE id = %s", [RunStatus.QUEUED, run.id])
        ring("run", tenant_id=run.tenant_id, subject_id=run.id)
    elif request.status in (RequestStatus.REJECTED, RequestStatus.EXPIRED):
        _reject(run, expired=request.status == RequestStatus.EXPIRED)


def _reject(run: Run, *, expired: bool) -> None:
    told = EXPIRED if expired else None
    record(run.tenant_id, run.id, Event("run.rejected", data=told or {"code": "rejected"}))
    Run.objects.filter(id=run.id).update(status=RunStatus.REJECTED, ended_at=now(), error=told)


def on_role_removal_asked(sender: object, role: ApproverRole, **_: object) -> str | None:
    """A published version keeps the roles that its gates ask: without them its runs could never be approved."""
    asking = versions_that_ask(role.id).select_related("template").order_by("id")[:4]
    names = [f"“{version.template.name}” version {version.number}" for version in asking]
    if not names:
        return None
    shown = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
    return f"It decides in {shown}. Retire what names it first."
