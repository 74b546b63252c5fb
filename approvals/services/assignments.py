"""Keeping who is asked in step with who may decide, in the transaction that changes it (design §7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from approvals.eligibility import Holders, People, eligible_people, lacking
from approvals.models import (
    ApprovalRequest,
    ApproverRole,
    Assignment,
    Decision,
    RequestRule,
    RequestStatus,
    Scope,
    Verdict,
)
from approvals.services.notices import ask_people, promise_notices
from approvals.services.settlement import settle_when_met
from countersign.database.context import current_tenant
from countersign.database.statements import insert, tell
from tenants.audit import Actor, record
from tenants.models import GroupMember

AT_ONCE = 500
NAMED = 100
"""How many request ids an audit entry names; the counts are always whole."""


def assign(request: ApprovalRequest, people: People) -> None:
    """Ask everyone who may decide a request that opens."""
    insert([Assignment(request=request, user_id=user, roles=sorted(roles)) for user, roles in people.items()])
    promise_notices([(request.id, user) for user in people])


def recompute_for_person(user_id: UUID, *, actor: Actor) -> None:
    """After a membership changed: every open request that asks this person, or whose roles they hold."""
    hold_access(exclusive=True)
    groups = GroupMember.objects.filter(user=user_id).values("group_id")
    named = RequestRule.objects.filter(role__in=ApproverRole.objects.filter(group__in=groups).values("id"))
    asked = Assignment.objects.filter(user=user_id, request__status=RequestStatus.OPEN)
    ids = {*named.values_list("request_id", flat=True), *asked.values_list("request_id", flat=True)}
    _recompute(ids, because=("user", user_id), actor=actor)


def recompute_for_role(role: ApproverRole, *, actor: Actor) -> None:
    """After somebody was added to a role or removed from it."""
    hold_access(exclusive=True)
    ids = set(RequestRule.objects.filter(role=role).values_list("request_id", flat=True))
    _recompute(ids, because=("role", role.id), actor=actor)


def recompute_for_scope(scope: Scope, *, actor: Actor) -> None:
    """After a role was allowed to decide on a scope, or no longer is."""
    hold_access(exclusive=True)
    ids = set(ApprovalRequest.objects.filter(scope=scope, status=RequestStatus.OPEN).values_list("id", flat=True))
    _recompute(ids, because=("scope", scope.id), actor=actor)


def hold_access(*, exclusive: bool) -> None:
    """Until this transaction ends, rights do not change (shared), or nobody opens a request (exclusive).

    Without it, a request that opens while somebody is given a role would see the old rights and not be seen itself.
    Locks are taken in this order everywhere: rows that say who may do what, this, rows of requests. Whoever opens a
    request takes it before anything else that others may want: a change of rights holds it for as long as it takes.
    """
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    tell(f"SELECT {function}(hashtextextended(%s, 0))", [f"approvals.access:{current_tenant()}"])


def _recompute(ids: set[UUID], *, because: tuple[str, UUID], actor: Actor) -> None:
    holders = Holders()
    added, removed, touched = 0, 0, []
    for chunk in _chunks(sorted(ids)):
        changes = [change for request in _locked(chunk) if (change := Change.of(request, holders))]
        _apply(changes)
        _settle(changes, holders, actor)
        added += sum(len(change.new) for change in changes)
        removed += sum(len(change.gone) for change in changes)
        touched += [change.request.id for change in changes]
    if touched:
        record(action="assignments.changed", subject=because, actor=actor,
               data={"added": added, "removed": removed, "requests": len(touched), "first": touched[:NAMED]})


def _locked(ids: list[UUID]) -> QuerySet[ApprovalRequest]:
    """In the order of their ids, so that two changes never wait for each other."""
    return (ApprovalRequest.objects.select_for_update(no_key=True).filter(id__in=ids, status=RequestStatus.OPEN)
            .order_by("id").defer("plan", "shown").prefetch_related("assignments"))


@dataclass
class Change:
    """What has to become different for one request."""

    request: ApprovalRequest
    people: dict[UUID, list[UUID]]
    new: list[UUID]
    gone: list[Assignment]
    other_roles: list[Assignment]
    other_lacking: bool

    @classmethod
    def of(cls, request: ApprovalRequest, holders: Holders) -> Change | None:
        people = {user: sorted(roles) for user, roles in eligible_people(request, holders).items()}
        before = {assignment.user_id: assignment for assignment in request.assignments.all()}
        other_roles = [each for user, each in before.items() if user in people and each.roles != people[user]]
        for assignment in other_roles:
            assignment.roles = people[assignment.user_id]
        lacks, old_lacks = lacking(request, people, holders), request.lacking
        request.lacking = lacks
        change = cls(request, people, new=[user for user in people if user not in before],
                     gone=[each for user, each in before.items() if user not in people],
                     other_roles=other_roles, other_lacking=lacks != old_lacks)
        return change if change.new or change.gone or change.other_roles or change.other_lacking else None


def _apply(changes: list[Change]) -> None:
    """Somebody who decided, lost the right and has it back is not asked twice."""
    Assignment.objects.filter(id__in=[each.id for change in changes for each in change.gone]).delete()
    Assignment.objects.bulk_update([each for change in changes for each in change.other_roles], ["roles"])
    ApprovalRequest.objects.bulk_update([change.request for change in changes if change.other_lacking], ["lacking"])
    new = [(change, user) for change in changes for user in change.new]
    decided = set(Decision.objects.filter(request__in=[change.request.id for change, _ in new])
                  .values_list("request_id", "user_id"))
    asked = [Assignment(request=change.request, user_id=user, roles=change.people[user],
                        open=(change.request.id, user) not in decided) for change, user in new]
    Assignment.objects.bulk_create(asked)
    ask_people([(each.request_id, each.user_id) for each in asked if each.open])


def _settle(changes: list[Change], holders: Holders, actor: Actor) -> None:
    said = Decision.objects.filter(request__in=[change.request.id for change in changes], verdict=Verdict.APPROVE)
    approved = set(said.values_list("request_id", flat=True))
    for change in changes:
        if change.request.id in approved:
            settle_when_met(change.request, eligible_people(change.request, holders), actor=actor)


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while chunk := list(islice(left, AT_ONCE)):
        yield chunk
