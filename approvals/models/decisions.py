"""What people said."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from approvals.models.requests import ApprovalRequest
from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class Verdict(models.TextChoices):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


class Decision(TenantOwned):
    """One person's verdict on one request: a person decides once. Written by `record_decision`, never changed.

    `roles` are those of the policy's roles in which the person could decide then.
    """

    request = TenantForeignKey(ApprovalRequest, models.CASCADE, related_name="decisions")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    comment = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField()
    plan_hash = models.CharField(max_length=80)
    roles = ArrayField(models.UUIDField())
    channel = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=now)

    repeated = False
    """Set on what `record_decision` returns when it had been made before."""

    class Meta:
        constraints = [
            unique_in_tenant("decision_once", "request", "user"),
            TenantReference(field="request", to="approvals.ApprovalRequest", name="decision_request"),
        ]
        indexes = [models.Index(fields=["tenant", "user", "request"], name="decision_of_user")]
        ordering = ["id"]
