"""A tenant's own approver roles."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower

from countersign.clock import now
from tenants.models import TenantOwned, unique_in_tenant


class ApproverRole(TenantOwned):
    """Editor, Legal, CFO: what a policy's rules name. Its people are its Django group's, which is named by this id."""

    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True, default="")
    group = models.ForeignKey(Group, models.PROTECT, related_name="approver_roles", db_index=False)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            unique_in_tenant("approver_role_id"),
            unique_in_tenant("approver_role_group", "group"),
            models.UniqueConstraint("tenant", Lower("name"), name="approver_role_name"),
        ]

    def __str__(self) -> str:
        return self.name
