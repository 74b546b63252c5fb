"""Answers kept under an `Idempotency-Key`, so that a repeated request gets the first one's answer."""

from __future__ import annotations

from django.db import models

from countersign.clock import now
from countersign.ids import new_id
from tenants.models.owned import TenantOwned, unique_in_tenant
from tenants.models.people import User


class ReplayRecord(models.Model):
    """`status` is empty while the first request is still being answered. `created_at` is when it was claimed, by the
    first request or by the one that took it over. Of a large answer only its `location` is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=300, default="")
    body = models.JSONField(null=True)

    class Meta:
        abstract = True


class Replay(TenantOwned, ReplayRecord):
    """Of a request inside a tenant."""

    class Meta:
        constraints = [unique_in_tenant("replay_key", "user", "key")]
        indexes = [models.Index(fields=["created_at"], name="replay_age")]


class PersonReplay(ReplayRecord):
    """Of a request that a person makes before there is a tenant: rows of the person (`app.user_id`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="person_replay_key")]
        indexes = [models.Index(fields=["created_at"], name="person_replay_age")]
