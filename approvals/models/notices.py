"""What is told to whom about a request."""

from __future__ import annotations

from django.db import models

from approvals.models.requests import ApprovalRequest
from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class NoticeStatus(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


class Notice(TenantOwned):
    """One e-mail that asks one person to decide one request. Its Message-ID follows from its id: a repeat is known."""

    request = TenantForeignKey(ApprovalRequest, models.CASCADE, related_name="notices")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    status = models.CharField(max_length=12, choices=NoticeStatus.choices, default=NoticeStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            unique_in_tenant("notice_once", "request", "user"),
            TenantReference(field="request", to="approvals.ApprovalRequest", name="notice_request",
                            on_delete="CASCADE"),
        ]
