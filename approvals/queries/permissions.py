from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from approvals.models import ApproverRole, Scope, ScopeGroupPermission, ScopeUserPermission
from approvals.permissions import ACTIONS, action_of
from tenants.models import User


class Permitted(TypedDict):
    """One role or person, and what they may do, in the order of `ACTIONS`."""

    role: ApproverRole | None
    user: User | None
    actions: list[str]


def permissions_of(scope: Scope) -> list[Permitted]:
    """Who was given which right on a scope: roles by name, then people by address. Owners and admins need none."""
    groups: dict[UUID, set[str]] = {}
    people: dict[UUID, tuple[User, set[str]]] = {}
    given = ScopeGroupPermission.objects.filter(content_object=scope).select_related("permission")
    for permission in given:
        groups.setdefault(permission.group_id, set()).add(action_of(permission.permission.codename))
    for permission in ScopeUserPermission.objects.filter(content_object=scope).select_related("permission", "user"):
        _, actions = people.setdefault(permission.user_id, (permission.user, set()))
        actions.add(action_of(permission.permission.codename))
    roles = ApproverRole.objects.filter(group__in=groups).order_by("name")
    return [
        *({"role": role, "user": None, "actions": _ordered(groups[role.group_id])} for role in roles),
        *({"role": None, "user": user, "actions": _ordered(actions)}
          for user, actions in sorted(people.values(), key=lambda entry: entry[0].email)),
    ]


def _ordered(actions: set[str]) -> list[str]:
    return [action for action in ACTIONS if action in actions]
