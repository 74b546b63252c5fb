"""Keeping who is asked in step with who may decide, in the transaction that changes it (design §7)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from approvals.eligibility import Holders, eligible_people, lacking
from approvals.models import ApprovalRequest, ApproverRole, Assignment, RequestRule, RequestStatus, Scope
from approvals.services.notices import ask_people
from approvals.services.settlement import settle_when_met
from countersign.database.context import current_tenant
from tenants.audit import Actor, record
from tenants.models import GroupMember

AT_ONCE = 500
NAMED = 100
"""How many request ids an audit entry names; the counts are always whole."""


def assign(request: ApprovalRequest) -> None:
    """Ask everyone who may decide a request that opens, and say which rules nobody can meet."""
    people = eligible_people(request)
    Assignment.objects.bulk_create(
        [Assignment(request=request, user_id=user, roles=sorted(roles)) for user, roles in people.items()])
    request.lacking = lacking(request, people)
    ask_people(request, list(people))


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
    Locks are taken in this order everywhere: rows that say who may do what, this, rows of requests.
    """
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"approvals.access:{current_tenant()}"])


def _recompute(ids: set[UUID], *, because: tuple[str, UUID], actor: Actor) -> None:
    holders = Holders()
    added, removed, touched = 0, 0, []
    for chunk in _chunks(sorted(ids)):
        for request in _locked(chunk):
            more, fewer = _bring_up_to_date(request, holders)
            if more or fewer:
                added, removed = added + more, removed + fewer
                touched.append(request.id)
                settle_when_met(request, eligible_people(request, holders), actor=actor)
    if touched:
        record(action="assignments.changed", subject=because, actor=actor,
               data={"added": added, "removed": removed, "requests": len(touched), "first": touched[:NAMED]})


def _locked(ids: list[UUID]) -> QuerySet[ApprovalRequest]:
    """In the order of their ids, so that two changes never wait for each other."""
    return (ApprovalRequest.objects.select_for_update(no_key=True).filter(id__in=ids, status=RequestStatus.OPEN)
            .order_by("id").prefetch_related("assignments"))


def _bring_up_to_date(request: ApprovalRequest, holders: Holders) -> tuple[int, int]:
    """Returns how many people were added, and how many removed."""
    people = {user: sorted(roles) for user, roles in eligible_people(request, holders).items()}
    before = {assignment.user_id: assignment for assignment in request.assignments.all()}
    gone = [assignment.id for user, assignment in before.items() if user not in people]
    new = [user for user in people if user not in before]
    if gone:
        Assignment.objects.filter(id__in=gone).delete()
    if new:
        _ask(request, {user: people[user] for user in new})
    for user, assignment in before.items():
        if user in people and assignment.roles != people[user]:
            Assignment.objects.filter(id=assignment.id).update(roles=people[user])
    lacks = lacking(request, people)
    if lacks != request.lacking:
        request.lacking = lacks
        request.save(update_fields=["lacking"])
    return len(new), len(gone)


def _ask(request: ApprovalRequest, people: dict[UUID, list[UUID]]) -> None:
    """Somebody who decided, lost the right and has it back is not asked twice."""
    decided = set(request.decisions.filter(user__in=people).values_list("user_id", flat=True))
    Assignment.objects.bulk_create([Assignment(request=request, user_id=user, roles=roles, open=user not in decided)
                                    for user, roles in people.items()])
    ask_people(request, [user for user in people if user not in decided])


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while chunk := list(islice(left, AT_ONCE)):
        yield chunk
