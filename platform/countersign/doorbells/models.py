"""Doorbell tables: read before a tenant is known, so they hold ids, due times and hashes, nothing else (design §3)."""

from __future__ import annotations

from django.db import models

from countersign.clock import now
from countersign.ids import new_id


class Outbox(models.Model):
    """Work that a transaction decided on. Redis only rings for it; the row stays until the work is claimed.

    `rung_at` is null until the work is due. From then on the row waits for somebody to take it on: in the index
    `outbox_turn` tenant by tenant, and within a tenant by the subject's age.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    topic = models.CharField(max_length=40)
    tenant_id = models.UUIDField()
    subject_id = models.UUIDField()
    due_at = models.DateTimeField(default=now)
    rung_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outbox_due"),
                   models.Index(fields=["topic", "subject_id"], name="outbox_subject"),
                   models.Index(fields=["topic", "tenant_id", "subject_id"], name="outbox_turn",
                                condition=models.Q(rung_at__isnull=False))]


class Lease(models.Model):
    """Who works on a run just now. A claim raises `epoch`; whoever holds an older one is refused everywhere.

    `claims` counts claims since the last progress. `token_hash` is of the lease token, by which the host knows the
    worker. `holder` is the worker's presence: once that is gone, nobody waits for the lease to run out.
    """

    subject_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    epoch = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    token_hash = models.CharField(max_length=64, default="")
    claims = models.IntegerField(default=0)
    holder = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="lease_expires",
                                condition=models.Q(expires_at__isnull=False))]
