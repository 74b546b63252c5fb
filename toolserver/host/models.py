"""What the host keeps: tenants' keys, sealed credentials, model aliases, and the ledger of tool calls."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models

from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, unique_in_tenant


def _by() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_index=False, related_name="+")


class TenantKey(TenantOwned):
    """A tenant's sealing key pair. The private half is wrapped by the vault key; only `tools` may read even that."""

    public_key = models.BinaryField()
    wrapped_private_key = models.BinaryField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="tenant_key_once")]


class CredentialKind(models.TextChoices):
    SMTP = "smtp"
    MODEL_KEY = "model_key"


class Credential(TenantOwned):
    """A secret, sealed to the tenant's public key on arrival. `web` may write the box but never read it back."""

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=CredentialKind.choices)
    sealed = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    created_by = _by()
    created_at = models.DateTimeField(default=now)
    rotated_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [unique_in_tenant("credential_id"), unique_in_tenant("credential_name", "name")]


class ModelAlias(TenantOwned):
    """The name by which workflows ask for a model, and the providers tried for it, in order.

    `providers` is `[{"model", "credential", "api_base", "params"}]`, as the tenant's process takes it.
    """

    alias = models.CharField(max_length=60)
    providers = models.JSONField()
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [unique_in_tenant("model_alias_id"), unique_in_tenant("model_alias_name", "alias")]


class ToolConfiguration(TenantOwned):
    """A counter raised by every change of a tenant's credentials and aliases: a process with less is told anew."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="tool_configuration_once")]

# Longer than any call is let run: an older intent was left over, whatever its host's session says.
LONGEST_CALL = timedelta(minutes=10)


class LedgerState(models.TextChoices):
    INTENT = "intent"
    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class LedgerEntry(TenantOwned):
    """One side-effecting tool call: what was meant, under which grant, and what is known to have come of it.

    Written by role `tools` alone. `arguments` are the approved ones, `$result` references unresolved; `attempts` counts
    the times the call was passed on; `holder` names the host that passed it on last (see `database.presence`).
    """

    idempotency_key = models.CharField(max_length=200)
    grant_id = models.UUIDField()
    request_id = models.UUIDField()
    call_id = models.CharField(max_length=80)
    run_id = models.UUIDField()
    tool = models.CharField(max_length=120)
    arguments = models.JSONField()
    arguments_hash = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=LedgerState.choices, default=LedgerState.INTENT)
    result = models.JSONField(null=True)
    code = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    retryable = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=1)
    holder = models.BigIntegerField()
    created_at = models.DateTimeField(default=now)
    intent_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [unique_in_tenant("ledger_entry_id"), unique_in_tenant("ledger_entry_key", "idempotency_key")]
        indexes = [models.Index(fields=["tenant", "run_id"], name="ledger_entry_run"),
                   models.Index(fields=["tenant", "request_id", "call_id"], name="ledger_entry_call")]


class LedgerResolution(TenantOwned):
    """A person's word on a call in doubt. The host settles that attempt of the entry by it at the next call."""

    entry = TenantForeignKey(LedgerEntry, models.CASCADE, related_name="resolutions")
    attempt = models.PositiveIntegerField()
    happened = models.BooleanField()
    note = models.TextField(blank=True)
    created_by = _by()
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            unique_in_tenant("ledger_resolution_once", "entry", "attempt"),
            TenantReference(field="entry", to="toolserver.LedgerEntry", name="ledger_resolution_entry"),
        ]
