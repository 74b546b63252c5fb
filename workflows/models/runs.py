"""Runs and what happened in them."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    NEEDS_ATTENTION = "needs_attention"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({RunStatus.COMPLETED, RunStatus.REJECTED, RunStatus.FAILED, RunStatus.CANCELLED})


class RunQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> RunQuerySet:
        from approvals.permissions import visible_scopes

        return self.filter(template__scope__in=visible_scopes(user, "view"))


class Run(TenantOwned):
    """One execution of one version. The graph's own state lies in the checkpoints of thread `<tenant>:<run>`.

    `limits` starts as the spec's and is raised by a person who retries a run that met one. `attempts` counts tries at
    the same step that failed for a passing reason. `event_seq` is the last event's sequence number.
    """

    template = TenantForeignKey("workflows.Template", models.PROTECT, related_name="runs")
    version = TenantForeignKey("workflows.Version", models.PROTECT, related_name="runs")
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.QUEUED)
    attention_reason = models.CharField(max_length=40, blank=True)
    attention = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True)
    input = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    request_id = models.UUIDField(null=True)
    revision = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=Decimal(0))
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    active_seconds = models.FloatField(default=0)
    error = models.JSONField(null=True)
    event_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            unique_in_tenant("run_id"),
            TenantReference(field="template", to="workflows.Template", name="run_template"),
            TenantReference(field="version", to="workflows.Version", name="run_version"),
        ]
        indexes = [models.Index(fields=["tenant", "status", "id"], name="run_status"),
                   models.Index(fields=["tenant", "template", "id"], name="run_of_template")]

    @property
    def thread_id(self) -> str:
        """The checkpoints' key; the database checks that it begins with the tenant's id."""
        return f"{self.tenant_id}:{self.id}"


class EventKind(models.TextChoices):
    """What can happen in a run. A test compares it with what the code records."""

    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_RESUMED = "run.resumed"
    RUN_RETRYING = "run.retrying"
    RUN_HELD = "run.held"
    RUN_RELEASED = "run.released"
    RUN_NEEDS_ATTENTION = "run.needs_attention"
    RUN_COMPLETED = "run.completed"
    RUN_REJECTED = "run.rejected"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    STEP_STARTED = "step.started"
    STEP_COMPLETED = "step.completed"
    STEP_FAILED = "step.failed"
    TEXT = "text"
    GATE_OPENED = "gate.opened"
    GATE_SETTLED = "gate.settled"
    TOOL_CALLED = "tool.called"
    TOOL_OUTCOME = "tool.outcome"


class RunEvent(TenantOwned):
    """Something that happened in a run. `seq` counts from 1 in each run, without gaps."""

    run = TenantForeignKey(Run, models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    node = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            unique_in_tenant("run_event_seq", "run", "seq"),
            TenantReference(field="run", to="workflows.Run", name="run_event_run", on_delete="CASCADE"),
        ]
        ordering = ["seq"]
