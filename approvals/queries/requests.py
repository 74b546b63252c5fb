from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import ApprovalRequest, Assignment
from approvals.permissions import visible_scopes
from tenants.models import User


def visible_requests(user: User) -> QuerySet[ApprovalRequest]:
    """Requests on a scope that `user` may view, and those that they are or were asked to decide."""
    assigned = Assignment.objects.filter(request=OuterRef("pk"), user=user)
    return ApprovalRequest.objects.filter(Q(scope__in=visible_scopes(user, "view")) | Q(Exists(assigned)))


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
