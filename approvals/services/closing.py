"""Ending a request in any way, and the ways that need no decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest, Grant, RequestStatus
from approvals.signals import request_settled
from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.database.statements import pipelined, tell
from countersign.doorbells.services import answer, withdraw
from tenants.audit import Actor, record

EXPIRY = "request_expiry"

# Nobody is asked any more, by e-mail neither, and no change of rights has to look at it.
CLOSE = """
    WITH asked AS (UPDATE approvals_assignment SET open = false WHERE request_id = %(request)s AND open),
    named AS (DELETE FROM approvals_requestrule WHERE request_id = %(request)s),
    unsent AS (UPDATE approvals_notice SET status = 'not_needed' WHERE id IN (
        SELECT id FROM approvals_notice WHERE request_id = %(request)s AND status = 'waiting'
        FOR NO KEY UPDATE SKIP LOCKED) RETURNING id),
    unpromised AS (DELETE FROM doorbells_outbox WHERE topic = 'notice' AND subject_id IN (SELECT id FROM unsent))
    UPDATE approvals_approvalrequest SET status = %(status)s, settled_at = %(at)s, lacking = '[]'
    WHERE id = %(request)s"""


def close(request: ApprovalRequest, status: RequestStatus, *, actor: Actor, **data: Any) -> None:
    """Give a locked, open request its last status, and tell whoever listens. The one place where a request settles."""
    request.status, request.settled_at, request.lacking = status, now(), []
    with pipelined():
        tell(CLOSE, {"status": status, "at": request.settled_at, "request": request.id})
        if request.expires_at:
            withdraw(EXPIRY, request.id)
        record(action=f"request.{status}", subject=("approval", request.id), actor=actor,
               data={"revision": request.revision, "plan_hash": request.plan_hash, **data})
    if status != RequestStatus.SUPERSEDED:
        request_settled.send(ApprovalRequest, request=request)


def cancel_requests(subject: tuple[str, UUID], actor: Actor) -> list[ApprovalRequest]:
    """Cancel what is open about a subject and revoke every grant that was not used. Returns what it cancelled.

    Safe to repeat. A call that consumed its grant already is under way: the ledger says what became of it.
    """
    kind, subject_id = subject
    about = ApprovalRequest.objects.filter(subject_type=kind, subject_id=subject_id)
    cancelled = []
    for request in about.select_for_update(no_key=True).order_by("id"):
        revoke_grants(request, actor=actor)
        if request.status == RequestStatus.OPEN:
            close(request, RequestStatus.CANCELLED, actor=actor)
            cancelled.append(request)
    return cancelled


def revoke_grants(request: ApprovalRequest, *, actor: Actor) -> None:
    grants = list(Grant.objects.select_for_update(no_key=True).filter(
        request=request, consumed_at=None, revoked_at=None).order_by("id"))
    if not grants:
        return
    Grant.objects.filter(id__in=[grant.id for grant in grants]).update(revoked_at=now())
    record(action="grants.revoked", subject=("approval", request.id), actor=actor,
           data={"calls": [grant.call_id for grant in grants]})


def expire_request(*, tenant_id: UUID, request_id: UUID) -> None:
    """Close a request whose time is over. Safe to repeat, and to call early: it closes nothing before its time."""
    with tenant_context(tenant_id):
        answer(EXPIRY, request_id)
        request = ApprovalRequest.objects.select_for_update(no_key=True).filter(
            id=request_id, status=RequestStatus.OPEN, expires_at__lte=now()).first()
        if request:
            close(request, RequestStatus.EXPIRED, actor=Actor.system("scheduler"))
