"""What happens here when approvals settle or roles go: in their own transaction."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from approvals.models import ApprovalRequest, ApproverRole, RequestStatus
from countersign.clock import now
from countersign.doorbells.services import ring
from workflows.engine.events import Change, Event, record
from workflows.models import RunStatus
from workflows.queries.templates import versions_that_ask

EXPIRED = {"code": "request_expired", "detail": "Nobody decided in time.", "error_class": "policy"}


def on_request_settled(sender: object, request: ApprovalRequest, **_: object) -> None:
    """Wake the run, or end it when the answer was no. A run that has ended meanwhile, or waits for another request,
    stays as it is: a worker that is woken for it lets go of it again."""
    if request.subject_type != "run":
        return
    run, its = request.subject_id, {"request_id": request.id}
    settled = Event("gate.settled", request.gate, {
        "request": str(request.id), "revision": request.revision, "status": request.status})
    if request.status in (RequestStatus.APPROVED, RequestStatus.CHANGES_REQUESTED):
        record(request.tenant_id, run, settled, change=Change({"status": RunStatus.QUEUED}, only=its))
        ring("run", tenant_id=request.tenant_id, subject_id=run)
    elif request.status in (RequestStatus.REJECTED, RequestStatus.EXPIRED):
        told = EXPIRED if request.status == RequestStatus.EXPIRED else None
        record(request.tenant_id, run, settled, Event("run.rejected", data=told or {"code": "rejected"}),
               change=Change({"status": RunStatus.REJECTED, "ended_at": now(), "error": told and Jsonb(told)},
                             only=its))
    else:
        record(request.tenant_id, run, settled, change=Change(only=its))


def on_role_removal_asked(sender: object, role: ApproverRole, **_: object) -> str | None:
    """A published version keeps the roles that its gates ask: without them its runs could never be approved."""
    asking = versions_that_ask(role.id).select_related("template").order_by("id")[:4]
    names = [f"“{version.template.name}” version {version.number}" for version in asking]
    if not names:
        return None
    shown = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
    return f"It decides in {shown}. Retire what names it first."
