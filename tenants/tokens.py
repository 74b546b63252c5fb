"""The secrets of tokens and invitations: how they are made, hashed and found again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from countersign.clock import now
from countersign.database.context import tenant_context
from tenants.models import ApiToken, Invitation

PREFIX = "cs_"
SEEN_EVERY = timedelta(minutes=10)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def new_invitation_secret() -> str:
    return secrets.token_urlsafe(32)


def usable_token(secret: str) -> ApiToken | None:
    """The token with this secret, if it may be used now. Notes its use, to within ten minutes."""
    found = list(ApiToken.objects.raw("SELECT * FROM tenants_token_of_hash(%s)", [hash_of(secret)]))
    if not found or not found[0].usable:
        return None
    token = found[0]
    if token.last_used_at is None or token.last_used_at < now() - SEEN_EVERY:
        with tenant_context(token.tenant_id):
            ApiToken.objects.filter(id=token.id).update(last_used_at=now())
    return token


def invitation_of(secret: str) -> Invitation | None:
    """The invitation with this secret, whatever its state, whoever asks."""
    return next(iter(Invitation.objects.raw("SELECT * FROM tenants_invitation_of_hash(%s)", [hash_of(secret)])), None)
