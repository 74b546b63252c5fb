"""Approver roles and who holds them. Open requests follow in the same transaction."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from approvals.errors import MachinesDoNotApprove, RoleInUse, RoleNameTaken
from approvals.models import ApproverRole, RequestRule, ScopeGroupPermission
from approvals.services.assignments import hold_access, recompute_for_role
from approvals.signals import role_removal_asked
from countersign.errors import Invalid, field_fault
from countersign.ids import new_id
from tenants.audit import Actor, record
from tenants.models import GroupMember, Membership, User


def create_role(*, name: str, description: str = "", actor: Actor) -> ApproverRole:
    """Raises Invalid without a name, RoleNameTaken."""
    role_id = new_id()
    role = ApproverRole(id=role_id, name=_checked(name), description=description.strip())
    try:
        with transaction.atomic():
            role.group = Group.objects.create(name=str(role_id))
            role.save(force_insert=True)
    except IntegrityError as error:
        raise RoleNameTaken from error
    record(action="role.created", subject=("role", role.id), actor=actor, data={"name": role.name})
    return role


def change_role(*, role: ApproverRole, actor: Actor, **changes: Any) -> ApproverRole:
    """Rename or describe a role. What was published keeps the role, whatever it is called. Raises RoleNameTaken."""
    before = {field: getattr(role, field) for field in changes}
    if "name" in changes:
        role.name = _checked(changes["name"])
    if "description" in changes:
        role.description = changes["description"].strip()
    changed = {field: [old, getattr(role, field)] for field, old in before.items() if old != getattr(role, field)}
    if not changed:
        return role
    try:
        with transaction.atomic():
            role.save(update_fields=list(changed))
    except IntegrityError as error:
        raise RoleNameTaken from error
    record(action="role.changed", subject=("role", role.id), actor=actor, data=changed)
    return role


def remove_role(*, role: ApproverRole, actor: Actor) -> None:
    """Remove a role, who held it and what it could do. Raises RoleInUse while something still needs it."""
    with transaction.atomic():
        _remove(role, actor)


def _remove(role: ApproverRole, actor: Actor) -> None:
    group_id, role_id, name = role.group_id, role.id, role.name
    GroupMember.objects.filter(group=group_id).delete()
    ScopeGroupPermission.objects.filter(group=group_id).delete()
    hold_access(exclusive=True)
    reasons = []
    if count := RequestRule.objects.filter(role=role).count():
        reasons.append(f"{count} open {'request names' if count == 1 else 'requests name'} it.")
    reasons += [reason for _, reason in role_removal_asked.send(ApproverRole, role=role) if reason]
    if reasons:
        raise RoleInUse(reasons)
    role.delete()
    with connection.cursor() as cursor:  # Django's own delete looks into tables that are not this process's
        cursor.execute("DELETE FROM auth_group WHERE id = %s", [group_id])
    record(action="role.removed", subject=("role", role_id), actor=actor, data={"name": name})


def add_role_member(*, role: ApproverRole, user: User, actor: Actor) -> bool:
    """Let a member hold a role. Returns whether that is new.

    Raises Invalid for somebody who is no member, MachinesDoNotApprove for a service account.
    """
    if not user.is_active or not Membership.objects.filter(tenant_id=role.tenant_id, user=user).exists():
        raise Invalid(fields=[field_fault("user", "not_a_member", "This person does not belong to the team.")])
    if user.is_service:
        raise MachinesDoNotApprove
    _, new = GroupMember.objects.get_or_create(group_id=role.group_id, user=user)
    if new:
        record(action="role.member_added", subject=("role", role.id), actor=actor, data={"user": user.id})
        recompute_for_role(role, actor=actor)
    return new


def remove_role_member(*, role: ApproverRole, user: User, actor: Actor) -> bool:
    """Take a role from somebody. Returns whether they held it."""
    held, _ = GroupMember.objects.filter(group=role.group_id, user=user).delete()
    if held:
        record(action="role.member_removed", subject=("role", role.id), actor=actor, data={"user": user.id})
        recompute_for_role(role, actor=actor)
    return bool(held)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\0" in name:
        raise Invalid(fields=[field_fault("name", "required", "Give the role a name of 80 characters at most.")])
    return name
