"""Changing who belongs to a team, and as what. Everything is judged by what holds once the rows are locked."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from countersign.errors import Forbidden, Invalid, NotFound, field_fault
from tenants.audit import Actor, record
from tenants.errors import LastOwner, OwnersOnly
from tenants.models import ApiToken, GroupMember, Membership, MembershipRole, User
from tenants.signals import access_changed

OWNER, ADMIN = MembershipRole.OWNER, MembershipRole.ADMIN


def touched_by_change(*memberships: Membership) -> QuerySet[Membership]:
    """The rows that a change of one of these looks at, in the one order in which everybody locks them: with the team's
    owners, so that two who demote each other at the same moment wait for one another."""
    rows = Membership.objects.filter(tenant_id=memberships[0].tenant_id)
    return rows.filter(Q(pk__in=[one.pk for one in memberships]) | Q(role=OWNER)).order_by("id")


def change_role(*, membership: Membership, role: MembershipRole, by: Membership, actor: Actor) -> Membership:
    """Safe to repeat. Raises NotFound, Forbidden, OwnersOnly, LastOwner, Invalid for a machine as owner."""
    membership, by, owners = _held(membership, by)
    if not by.covers(ADMIN):
        raise Forbidden
    _may_touch(membership, by, role)
    if role == OWNER and membership.user.is_service:
        raise Invalid(fields=[field_fault("role", "people_only", "No machine may own a team.")])
    before = MembershipRole(membership.role)
    if before == role:
        return membership
    _keep_an_owner(membership, owners)
    membership.role = role
    membership.save(update_fields=["role"])
    record(action="member.role_changed", subject=("user", membership.user_id), actor=actor,
           data={"from": before, "to": role})
    access_changed.send(Membership, tenant_id=membership.tenant_id, user_id=membership.user_id)
    return membership


def remove_member(*, membership: Membership, by: Membership, actor: Actor) -> None:
    """End a membership, and with it the person's approver roles and tokens here. Below an admin one removes oneself
    alone. Raises NotFound, Forbidden, OwnersOnly, LastOwner."""
    membership, by, owners = _held(membership, by)
    if membership.id != by.id and not by.covers(ADMIN):
        raise Forbidden
    _may_touch(membership, by)
    _keep_an_owner(membership, owners)
    tenant_id, user_id = membership.tenant_id, membership.user_id
    GroupMember.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    ApiToken.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    User.objects.filter(id=user_id, is_service=True).update(is_active=False)
    membership.delete()
    record(action="member.removed", subject=("user", user_id), actor=actor, data={"role": membership.role})
    access_changed.send(Membership, tenant_id=tenant_id, user_id=user_id)


def _held(membership: Membership, by: Membership) -> tuple[Membership, Membership, set[UUID]]:
    """Both as they are now, locked, and the ids of the team's owners. Raises NotFound when one of them has gone."""
    rows = touched_by_change(membership, by).select_related("user").select_for_update(of=("self",))
    now = {row.id: row for row in rows}
    if not {membership.id, by.id} <= now.keys():
        raise NotFound
    return now[membership.id], now[by.id], {row.id for row in now.values() if row.role == OWNER}


def _may_touch(membership: Membership, by: Membership, role: MembershipRole | None = None) -> None:
    if by.role != OWNER and OWNER in (membership.role, role):
        raise OwnersOnly


def _keep_an_owner(membership: Membership, owners: set[UUID]) -> None:
    if owners == {membership.id}:
        raise LastOwner
