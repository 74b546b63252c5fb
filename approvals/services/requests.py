"""Opening a request (design §4.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from approvals.eligibility import Holders, eligible_people, lacking
from approvals.models import ApprovalRequest, RequestStatus, Scope
from approvals.plans import plan_hash, read_plan, read_shown
from approvals.policies import ResolvedPolicy, policy_hash
from approvals.services.assignments import assign, hold_access
from approvals.services.closing import EXPIRY, close, revoke_grants
from countersign.clock import now
from countersign.database.context import current_tenant
from countersign.database.statements import gathered, insert, loading, pipelined, tell
from countersign.doorbells.services import ring
from countersign.errors import Invalid, field_fault
from countersign.ids import new_id
from tenants.audit import Actor, record


class Subject(NamedTuple):
    """What a request is about, opaque to this app: `type` is a word such as `run`."""

    type: str
    id: UUID


def open_request(*, scope: Scope, subject: Subject, gate: str, revision: int, plan: dict[str, Any],
                 policy: dict[str, Any], shown: dict[str, Any], title: str, started_by: UUID | None,
                 authors: list[UUID]) -> ApprovalRequest:
    """Ask the people whom `policy` (resolved) names to decide `plan`, and promise each an e-mail.

    Safe to repeat: the same subject, gate, revision and plan return the request that was opened, whatever became of it.
    An older one of the same subject and gate is void: superseded if it is open, its unused grants revoked.
    Raises Invalid for a plan that is none.
    """
    policy_hashed = _checked(plan, policy)
    readable = read_shown(shown)
    resolved = ResolvedPolicy.model_validate(policy)
    holders = Holders(policies={policy_hashed: resolved})
    with pipelined():
        hold_access(exclusive=False)
        requests = loading(ApprovalRequest, "WHERE subject_type = %s AND subject_id = %s AND gate = %s ORDER BY id "
                                            "FOR NO KEY UPDATE", [subject.type, subject.id, gate])
        holders.ask(scope.id, resolved.role_ids)
        older = requests()
    hashed = plan_hash(plan)
    if found := next((r for r in older if (r.revision, r.plan_hash) == (revision, hashed)), None):
        return found
    for request in older:
        _void(request, revision)
    opened = now()
    expires = opened + timedelta(hours=resolved.expires_after_hours) if resolved.expires_after_hours else None
    request = ApprovalRequest(
        scope=scope, subject_type=subject.type, subject_id=subject.id, gate=gate, revision=revision,
        title=_one_line(title), plan=plan, plan_hash=hashed, tools=[call["tool"] for call in plan["calls"]],
        policy=policy, policy_hash=policy_hashed, shown=readable.model_dump(mode="json"),
        started_by_id=started_by, authors=authors, opened_at=opened, expires_at=expires)
    _save(request, holders)
    return request


def _void(request: ApprovalRequest, newer: int) -> None:
    if request.status == RequestStatus.OPEN:
        close(request, RequestStatus.SUPERSEDED, actor=Actor.system("engine"), by_revision=newer)
    elif request.status == RequestStatus.APPROVED:
        revoke_grants(request, actor=Actor.system("engine"))


def _checked(plan: dict[str, Any], policy: dict[str, Any]) -> str:
    """The policy's hash."""
    hashed = policy_hash(policy)
    if read_plan(plan).policy_hash != hashed:
        raise Invalid(fields=[
            field_fault("plan.policy_hash", "policy_differs", "The plan was made for another policy.")])
    return hashed


NAME_ROLES = """
    INSERT INTO approvals_requestrule (id, tenant_id, request_id, role_id)
    SELECT rule.id, role.tenant_id, %(request)s, role.id
    FROM unnest(%(ids)s::uuid[], %(roles)s::uuid[]) AS rule(id, role_id)
    JOIN approvals_approverrole AS role ON role.id = rule.role_id"""


def _save(request: ApprovalRequest, holders: Holders) -> None:
    people = eligible_people(request, holders)
    request.lacking = lacking(request, people, holders)
    roles = holders.policy_of(request).role_ids
    with pipelined(), gathered():
        insert([request])
        tell(NAME_ROLES, {"request": request.id, "roles": roles, "ids": [new_id() for _ in roles]})
        assign(request, people)
        if request.expires_at:
            ring(EXPIRY, tenant_id=current_tenant(), subject_id=request.id, due_at=request.expires_at)
        record(action="request.opened", subject=("approval", request.id), actor=Actor.system("engine"), data={
            "subject": {"type": request.subject_type, "id": request.subject_id}, "gate": request.gate,
            "revision": request.revision, "plan_hash": request.plan_hash, "policy_hash": request.policy_hash,
            "asked": [str(user) for user in people], "lacking": request.lacking})


def _one_line(title: str) -> str:
    return " ".join(title.replace("\0", " ").split())[:200] or "Untitled"
