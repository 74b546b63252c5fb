from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Lower

from approvals.models import ApproverRole
from tenants.models import User


def roles_by_name(names: Iterable[str]) -> dict[str, ApproverRole]:
    """The context's roles by the names asked for, whatever their case. A name without a role is left out."""
    names = list(names)
    found = ApproverRole.objects.annotate(lowered=Lower("name")).filter(lowered__in={name.lower() for name in names})
    by_lowered = {role.lowered: role for role in found}
    return {name: by_lowered[name.lower()] for name in names if name.lower() in by_lowered}


def role_members(role: ApproverRole) -> QuerySet[User]:
    """The people who hold a role, by address."""
    return User.objects.filter(groupmember__group=role.group_id, groupmember__tenant=role.tenant_id).order_by("email")
