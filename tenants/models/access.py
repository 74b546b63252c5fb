"""Ways in: invitations, and the tokens of programs. Both keep a hash, never the secret."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from countersign.clock import now
from tenants.models.organisations import MembershipRole
from tenants.models.owned import TenantOwned, unique_in_tenant
from tenants.models.people import User


class Invitation(TenantOwned):
    """Somebody is asked to join. The one who accepts proves the same e-mail address and knows the token."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=MembershipRole.choices)
    token_hash = models.CharField(max_length=64)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, null=True)
    revoked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    send_attempts = models.PositiveIntegerField(default=0)
    send_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", Lower("email"), name="invitation_open_once",
                                    condition=models.Q(accepted_at=None, revoked_at=None)),
            unique_in_tenant("invitation_token", "token_hash"),
        ]
        indexes = [models.Index(fields=["token_hash"], name="invitation_look_up")]

    @property
    def status(self) -> str:
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now() else "open"


class ApiToken(TenantOwned):
    """A program's way in, for one tenant: acts as `user` (a person or a service account), within `scopes`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    hint = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [unique_in_tenant("api_token_hash", "token_hash")]
        indexes = [models.Index(fields=["tenant", "user"], name="api_token_user"),
                   models.Index(fields=["token_hash"], name="api_token_look_up")]

    @property
    def usable(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())
