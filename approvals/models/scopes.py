"""What a right hangs on, and who holds which right to it (guardian, direct foreign keys)."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class Scope(TenantOwned):
    """Rights to see, run, edit and decide are given on a scope; every template has one."""

    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now)

    class Meta:
        default_permissions = ()
        permissions = [("view_scope", "See"), ("run_scope", "Run"), ("edit_scope", "Edit"), ("decide_scope", "Decide")]
        constraints = [unique_in_tenant("scope_id")]

    def __str__(self) -> str:
        return self.name


class ScopeUserPermission(TenantOwned, UserObjectPermissionBase):
    """A person may see, run or edit. Never decide: that takes an approver role."""

    content_object = TenantForeignKey(Scope, models.CASCADE, related_name="user_permissions")
    permission = models.ForeignKey(Permission, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [
            unique_in_tenant("scope_user_permission_once", "content_object", "user", "permission"),
            TenantReference(field="content_object", to="approvals.Scope", name="scope_user_permission_scope",
                            on_delete="CASCADE"),
        ]
        indexes = [models.Index(fields=["tenant", "user"], name="scope_user_permission_user")]


class ScopeGroupPermission(TenantOwned, GroupObjectPermissionBase):
    """An approver role's group may see, run, edit or decide."""

    content_object = TenantForeignKey(Scope, models.CASCADE, related_name="group_permissions")
    permission = models.ForeignKey(Permission, models.CASCADE, related_name="+", db_index=False)
    group = models.ForeignKey(Group, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [
            unique_in_tenant("scope_group_permission_once", "content_object", "group", "permission"),
            TenantReference(field="content_object", to="approvals.Scope", name="scope_group_permission_scope",
                            on_delete="CASCADE"),
        ]
        indexes = [models.Index(fields=["tenant", "group"], name="scope_group_permission_group")]
