from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import ApprovalRequest, Assignment, Scope
from approvals.permissions import may, visible_scopes
from countersign.database.statements import ask, load
from tenants.models import User


def visible_requests(user: User) -> QuerySet[ApprovalRequest]:
    """Requests on a scope that `user` may view, and those that they are or were asked to decide."""
    assigned = Assignment.objects.filter(request=OuterRef("pk"), user=user)
    return ApprovalRequest.objects.filter(Q(scope__in=visible_scopes(user, "view")) | Q(Exists(assigned)))


def visible_request(user: User, id: UUID) -> ApprovalRequest | None:
    """One of `visible_requests`, with its scope and who started what it is about."""
    for request in load(ApprovalRequest, "WHERE id = %s", [id]):
        [request.scope] = load(Scope, "WHERE id = %s", [request.scope_id])
        if may(user, "view", request.scope) or _was_asked(user, id):
            request.started_by = next(iter(load(User, "WHERE id = %s", [request.started_by_id])), None)
            return request
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
