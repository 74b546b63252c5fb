from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

from django.db.models import Exists, OuterRef

from approvals.models import ApproverRole, Scope, ScopeGroupPermission, ScopeUserPermission
from approvals.permissions import ACTIONS, action_of
from tenants.models import GroupMember, Membership, User


class Permitted(TypedDict):
    """One role or person, and what they may do, in the order of `ACTIONS`."""

    role: ApproverRole | None
    user: User | None
    actions: list[str]


class Decider(TypedDict):
    user: User
    roles: list[ApproverRole]


def permissions_of(scope: Scope) -> list[Permitted]:
    """Who was given which right on a scope: roles by name, then people by address. Owners and admins need none."""
    return permissions_by_scope([scope.pk])[scope.pk]


def permissions_by_scope(scope_ids: Iterable[UUID]) -> dict[UUID, list[Permitted]]:
    """The same for many scopes at the price of one."""
    scope_ids = list(scope_ids)
    groups: dict[UUID, dict[int, set[str]]] = {id: {} for id in scope_ids}
    people: dict[UUID, dict[User, set[str]]] = {id: {} for id in scope_ids}
    for given in ScopeGroupPermission.objects.filter(content_object__in=scope_ids).select_related("permission"):
        groups[given.content_object_id].setdefault(given.group_id, set()).add(action_of(given.permission.codename))
    rights = ScopeUserPermission.objects.filter(content_object__in=scope_ids).select_related("permission", "user")
    for given in rights:
        people[given.content_object_id].setdefault(given.user, set()).add(action_of(given.permission.codename))
    named = {group for held in groups.values() for group in held}
    roles = list(ApproverRole.objects.filter(group__in=named).order_by("name"))
    return {id: [
        *({"role": role, "user": None, "actions": _ordered(groups[id][role.group_id])}
          for role in roles if role.group_id in groups[id]),
        *({"role": None, "user": user, "actions": _ordered(actions)}
          for user, actions in sorted(people[id].items(), key=lambda entry: entry[0].email)),
    ] for id in scope_ids}


def deciders_by_scope(scope_ids: Iterable[UUID]) -> dict[UUID, list[Decider]]:
    """Who could decide on each scope now, and in which roles: by address. A request's own policy may still exclude some
    of them; `approvals.eligibility` says who that is."""
    deciding: dict[UUID, set[int]] = {id: set() for id in scope_ids}
    given = ScopeGroupPermission.objects.filter(content_object__in=list(deciding), permission__codename="decide_scope")
    for scope_id, group_id in given.values_list("content_object_id", "group_id"):
        deciding[scope_id].add(group_id)
    groups = set().union(*deciding.values())
    roles = {role.group_id: role for role in ApproverRole.objects.filter(group__in=groups).order_by("name")}
    held = _held(groups)
    return {id: [{"user": user, "roles": [role for group, role in roles.items() if group in mine & deciding[id]]}
                 for user, mine in held.items() if mine & deciding[id]]
            for id in deciding}


def _held(groups: set[int]) -> dict[User, set[int]]:
    """Which of the groups each active member of the team is in; machines never are."""
    member = Membership.objects.filter(tenant=OuterRef("tenant"), user=OuterRef("user"))
    rows = GroupMember.objects.filter(Exists(member), group__in=groups, user__is_active=True, user__is_service=False)
    held: dict[User, set[int]] = {}
    for row in rows.select_related("user").order_by("user__email"):
        held.setdefault(row.user, set()).add(row.group_id)
    return held


def _ordered(actions: set[str]) -> list[str]:
    return [action for action in ACTIONS if action in actions]
