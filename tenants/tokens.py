"""The secrets of tokens and invitations: how they are made, hashed and found again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.database.statements import load_together
from tenants.models import ApiToken, Invitation, Tenant, User

PREFIX = "cs_"
SEEN_EVERY = timedelta(minutes=10)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def new_invitation_secret() -> str:
    return secrets.token_urlsafe(32)


# Every request of a program asks this.
TOKEN = """
    tenants_token_of_hash(%s) AS token
    JOIN tenants_user AS person ON person.id = token.user_id AND person.is_active
    JOIN tenants_tenant AS tenant ON tenant.id = token.tenant_id"""


def usable_token(secret: str) -> ApiToken | None:
    """The token with this secret, with its user and its tenant, if it may be used now. Notes its use, to within ten
    minutes.
    """
    found = load_together({"token": ApiToken, "person": User, "tenant": Tenant}, TOKEN, [hash_of(secret)])
    if not found or not found[0][0].usable:
        return None
    token, token.user, token.tenant = found[0]
    if token.last_used_at is None or token.last_used_at < now() - SEEN_EVERY:
        with tenant_context(token.tenant_id):
            ApiToken.objects.filter(id=token.id).update(last_used_at=now())
    return token


def invitation_of(secret: str) -> Invitation | None:
    """The invitation with this secret, whatever its state, whoever asks."""
    return next(iter(Invitation.objects.raw("SELECT * FROM tenants_invitation_of_hash(%s)", [hash_of(secret)])), None)
