"""Signed permissions for one planned call each (design §4.5)."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from approvals.models.requests import ApprovalRequest
from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned


class GrantStatus(models.TextChoices):
    HELD = "held"
    VALID = "valid"
    CONSUMED = "consumed"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Grant(TenantOwned):
    """One planned call that may be made once. `token` is what the host and the tenant's process verify.

    Only web inserts and only the tool server's host consumes. Neither mark is ever taken back (a trigger sees to it).
    """

    request = TenantForeignKey(ApprovalRequest, models.CASCADE, related_name="grants")
    call_id = models.CharField(max_length=40)
    tool = models.CharField(max_length=120)
    arguments_hash = models.CharField(max_length=80)
    token = models.TextField()
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request", "call_id"], name="grant_current_once",
                                    condition=models.Q(revoked_at=None)),
            TenantReference(field="request", to="approvals.ApprovalRequest", name="grant_request"),
        ]
        indexes = [models.Index(fields=["tenant", "request"], name="grant_of_request")]
        ordering = ["id"]

    @property
    def status(self) -> GrantStatus:
        return self.status_at(now())

    def status_at(self, moment: datetime) -> GrantStatus:
        if self.consumed_at:
            return GrantStatus.CONSUMED
        if self.expires_at <= (self.revoked_at or moment):
            return GrantStatus.EXPIRED
        if self.revoked_at:
            return GrantStatus.REVOKED
        return GrantStatus.HELD if moment < self.not_before else GrantStatus.VALID
