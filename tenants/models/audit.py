"""The audit trail: what happened, and the chain that shows it was not altered (design §5.7)."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models.owned import TenantOwned, unique_in_tenant


class AuditEntry(TenantOwned):
    """One thing that somebody did. No role may change or delete it; `tenants.audit.record` writes it.

    `body` is the entry as canonical JSON, which the chain is made over; the columns repeat what is searched for.
    """

    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_via = models.CharField(max_length=80)
    body = models.TextField()

    class Meta:
        constraints = [unique_in_tenant("audit_entry_id")]
        indexes = [
            models.Index(fields=["tenant", "action", "id"], name="audit_entry_action"),
            models.Index(fields=["tenant", "subject_id", "id"], name="audit_entry_subject"),
            models.Index(fields=["tenant", "actor_id", "id"], name="audit_entry_actor"),
        ]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.body)["data"]


class AuditLink(TenantOwned):
    """An entry's place in its tenant's chain. Written by the database alone, when the entry's transaction commits.

    `hash` is SHA-256, in hex, over `prev_hash` followed by the entry's `body`.
    """

    entry = TenantForeignKey(AuditEntry, models.DO_NOTHING, related_name="+")
    sequence = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            unique_in_tenant("audit_link_sequence", "sequence"),
            unique_in_tenant("audit_link_entry", "entry"),
            TenantReference(field="entry", to="tenants.AuditEntry", name="audit_link_of_entry"),
        ]
