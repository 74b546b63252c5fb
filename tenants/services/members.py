"""Changing who belongs to a team, and as what."""

from __future__ import annotations

from countersign.errors import Invalid, field_fault
from tenants.audit import Actor, record
from tenants.errors import LastOwner, OwnersOnly
from tenants.models import ApiToken, GroupMember, Membership, MembershipRole, User
from tenants.signals import access_changed

OWNER = MembershipRole.OWNER


def change_role(*, membership: Membership, role: MembershipRole, by: Membership, actor: Actor) -> Membership:
    """Safe to repeat. Raises OwnersOnly, LastOwner, Invalid for a machine as owner."""
    before = MembershipRole(membership.role)
    _may_touch(membership, by, role)
    if role == OWNER and membership.user.is_service:
        raise Invalid(fields=[field_fault("role", "people_only", "No machine may own a team.")])
    if before == role:
        return membership
    _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    record(action="member.role_changed", subject=("user", membership.user_id), actor=actor,
           data={"from": before, "to": role})
    access_changed.send(Membership, tenant_id=membership.tenant_id, user_id=membership.user_id)
    return membership


def remove_member(*, membership: Membership, by: Membership, actor: Actor) -> None:
    """End a membership, and with it the person's approver roles and tokens here. Raises OwnersOnly, LastOwner."""
    _may_touch(membership, by)
    _keep_an_owner(membership)
    tenant_id, user_id = membership.tenant_id, membership.user_id
    GroupMember.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    ApiToken.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    User.objects.filter(id=user_id, is_service=True).update(is_active=False)
    membership.delete()
    record(action="member.removed", subject=("user", user_id), actor=actor, data={"role": membership.role})
    access_changed.send(Membership, tenant_id=tenant_id, user_id=user_id)


def _may_touch(membership: Membership, by: Membership, role: MembershipRole | None = None) -> None:
    if by.role != OWNER and OWNER in (membership.role, role):
        raise OwnersOnly


def _keep_an_owner(membership: Membership) -> None:
    """Locks the owners: two owners who demote each other at the same moment wait for one another."""
    if membership.role != OWNER:
        return
    owners = Membership.objects.select_for_update().filter(tenant_id=membership.tenant_id, role=OWNER).order_by("id")
    if {owner.id for owner in owners} <= {membership.id}:
        raise LastOwner
