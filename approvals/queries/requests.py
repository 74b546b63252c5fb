from __future__ import annotations

from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import ApprovalRequest, Assignment, Scope
from approvals.permissions import may, visible_scopes
from countersign.database.statements import ask, load_together
from tenants.models import User


def visible_requests(user: User) -> QuerySet[ApprovalRequest]:
    """Requests on a scope that `user` may view, and those that they are or were asked to decide."""
    assigned = Assignment.objects.filter(request=OuterRef("pk"), user=user)
    return ApprovalRequest.objects.filter(Q(scope__in=visible_scopes(user, "view")) | Q(Exists(assigned)))


REQUEST = """
    approvals_approvalrequest AS request
    JOIN approvals_scope AS scope ON scope.tenant_id = request.tenant_id AND scope.id = request.scope_id
    LEFT JOIN tenants_user AS starter ON starter.id = request.started_by_id
    WHERE request.id = %s"""


def visible_request(user: User, id: UUID) -> ApprovalRequest | None:
    """One of `visible_requests`, with its scope and who started what it is about."""
    tables = {"request": ApprovalRequest, "scope": Scope, "starter": User}
    for request, scope, starter in load_together(tables, REQUEST, [id]):
        if may(user, "view", scope) or _was_asked(user, id):
            request.scope, request.started_by = scope, starter if starter.id else None
            return request
    return None


def visible_request_to_lock(user: User, id: UUID) -> ApprovalRequest | None:
    """One of `visible_requests`, of which no more is read than its id: whoever locks it reads the rest then."""
    for (scope_id,) in ask("SELECT scope_id FROM approvals_approvalrequest WHERE id = %s", [id]):
        if may(user, "view", Scope(id=scope_id)) or _was_asked(user, id):
            return ApprovalRequest.from_db(DEFAULT_DB_ALIAS, ["id"], [id])
    return None


def _was_asked(user: User, id: UUID) -> bool:
    return bool(ask("SELECT 1 FROM approvals_assignment WHERE request_id = %s AND user_id = %s", [id, user.id]))


def inbox(user: User) -> QuerySet[ApprovalRequest]:
    """Open requests that wait for `user`: read from the assignments' index, newest first."""
    return ApprovalRequest.objects.filter(assignments__user=user, assignments__open=True)


def asked_requests(user: User) -> QuerySet[ApprovalRequest]:
    """Requests that `user` is or was asked to decide."""
    return ApprovalRequest.objects.filter(assignments__user=user)


def current_request(*, subject_type: str, subject_id: UUID, gate: str) -> ApprovalRequest | None:
    """The newest request of a gate: the one to look at when another is out of date."""
    return (ApprovalRequest.objects.filter(subject_type=subject_type, subject_id=subject_id, gate=gate)
            .order_by("-revision", "-id").first())
