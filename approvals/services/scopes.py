"""Scopes, and who may do what on them."""

from __future__ import annotations

from collections.abc import Iterable

from approvals.models import ApproverRole, Scope
from approvals.permissions import ACTIONS, replace_permissions
from approvals.services.assignments import recompute_for_scope
from countersign.errors import Invalid, field_fault
from tenants.audit import Actor, record
from tenants.models import Membership, User


def create_scope(name: str) -> Scope:
    """A scope of the context's tenant, on which nobody has been given a right yet."""
    return Scope.objects.create(name=name[:200])


def set_permission(scope: Scope, to: ApproverRole | User, actions: Iterable[str], actor: Actor) -> list[str]:
    """Let a role or a member do exactly these actions on a scope, and nothing else. Returns them in order.

    Open requests of the scope follow in the same transaction. Safe to repeat. Raises Invalid for an action that does
    not exist, for `decide` given to a person (it goes through a role) and for somebody who is no member.
    """
    wanted = set(actions)
    _refuse(to, wanted, scope)
    added, removed = replace_permissions(scope, to, wanted)
    if added or removed:
        kind = "role" if isinstance(to, ApproverRole) else "user"
        record(action="scope.permission_changed", subject=("scope", scope.id), actor=actor,
               data={kind: to.id, "added": sorted(added), "removed": sorted(removed)})
    if "decide" in added | removed:
        recompute_for_scope(scope, actor=actor)
    return [action for action in ACTIONS if action in wanted]


def _refuse(to: ApproverRole | User, wanted: set[str], scope: Scope) -> None:
    if unknown := sorted(wanted - set(ACTIONS)):
        raise Invalid(fields=[
            field_fault("actions", "unknown_action", f"There is no action “{name}”.") for name in unknown])
    if not isinstance(to, User):
        return
    if "decide" in wanted:
        raise Invalid(fields=[field_fault("actions", "decide_takes_a_role", "Give “decide” to an approver role: nobody "
                                          "decides in their own name alone.")])
    if not Membership.objects.filter(tenant_id=scope.tenant_id, user=to).exists():
        raise Invalid(fields=[field_fault("user", "not_a_member", "This person does not belong to the team.")])
