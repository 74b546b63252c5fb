"""What waits for people, and who may decide it now."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from approvals.models.roles import ApproverRole
from approvals.models.scopes import Scope
from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class RequestStatus(models.TextChoices):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class ApprovalRequest(TenantOwned):
    """One revision of one plan, bound to its content hash. A newer revision is a new request.

    `policy` and `plan` are as they were when it opened (`tools` repeats what the plan calls, for lists). Nothing ever
    changes but `status`, `settled_at` and `lacking`, which says for each rule that too few people can meet any more
    how many it lacks.
    """

    scope = TenantForeignKey(Scope, models.PROTECT, related_name="requests")
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    gate = models.CharField(max_length=40)
    revision = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    plan = models.JSONField()
    plan_hash = models.CharField(max_length=80)
    tools = ArrayField(models.CharField(max_length=120))
    policy = models.JSONField()
    policy_hash = models.CharField(max_length=80)
    shown = models.JSONField(default=dict)
    status = models.CharField(max_length=20, choices=RequestStatus.choices, default=RequestStatus.OPEN)
    lacking = models.JSONField(default=list)
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    authors = ArrayField(models.UUIDField(), default=list)
    opened_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            unique_in_tenant("request_id"),
            unique_in_tenant("request_of_plan", "subject_type", "subject_id", "gate", "revision", "plan_hash"),
            models.UniqueConstraint(fields=["tenant", "subject_type", "subject_id", "gate"], name="request_open_once",
                                    condition=models.Q(status=RequestStatus.OPEN)),
            TenantReference(field="scope", to="approvals.Scope", name="request_scope"),
        ]
        indexes = [models.Index(fields=["tenant", "status", "id"], name="request_status"),
                   models.Index(fields=["tenant", "scope", "status"], name="request_of_scope")]

    def __str__(self) -> str:
        return f"{self.title} (revision {self.revision})"

    @property
    def is_open(self) -> bool:
        """Still to be decided: a request whose time is over is closed before anyone has come to mark it so."""
        return self.status == RequestStatus.OPEN and (self.expires_at is None or self.expires_at > now())


class RequestRule(TenantOwned):
    """A role that an *open* request's policy names; gone when the request closes (the policy itself stays in it).

    For the questions "which open requests does a change of this role touch" and "is this role in use".
    """

    request = TenantForeignKey(ApprovalRequest, models.CASCADE, related_name="rules")
    role = TenantForeignKey(ApproverRole, models.PROTECT, related_name="request_rules")

    class Meta:
        constraints = [
            unique_in_tenant("request_rule_once", "role", "request"),
            TenantReference(field="request", to="approvals.ApprovalRequest", name="request_rule_request",
                            on_delete="CASCADE"),
            TenantReference(field="role", to="approvals.ApproverRole", name="request_rule_role"),
        ]
        indexes = [models.Index(fields=["tenant", "request"], name="request_rule_of_request")]


class Assignment(TenantOwned):
    """A person who may decide a request, and as what. `open` while their decision is still waited for.

    Closed rows stay, to show who could have decided. Kept in step by the transaction that changes a membership, a role
    or a permission; what counts is asked again when somebody decides.
    """

    request = TenantForeignKey(ApprovalRequest, models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    roles = ArrayField(models.UUIDField())
    open = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            unique_in_tenant("assignment_once", "request", "user"),
            TenantReference(field="request", to="approvals.ApprovalRequest", name="assignment_request",
                            on_delete="CASCADE"),
        ]
        indexes = [models.Index(fields=["tenant", "user", "open", "request"], name="assignment_inbox")]
