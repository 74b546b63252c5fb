"""Tenants and who belongs to them."""

from __future__ import annotations

from django.db import models

from countersign.clock import now
from countersign.ids import new_id
from tenants.models.owned import TenantOwned, unique_in_tenant


class Tenant(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.slug


class MembershipRole(models.TextChoices):
    """Ordered: each may do what the ones after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"

    def covers(self, other: MembershipRole) -> bool:
        order = list(MembershipRole)
        return order.index(self) <= order.index(other)


class Membership(TenantOwned):
    """Readable by the tenant; outside any tenant, by its person (`user_context`)."""

    user = models.ForeignKey("tenants.User", models.CASCADE, related_name="memberships", db_index=False)
    role = models.CharField(max_length=10, choices=MembershipRole.choices)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [unique_in_tenant("membership_id"), unique_in_tenant("membership_user", "user")]
        indexes = [models.Index(fields=["user"], name="membership_of_user")]

    def covers(self, role: MembershipRole) -> bool:
        return MembershipRole(self.role).covers(role)
