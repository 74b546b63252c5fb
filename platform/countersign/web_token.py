"""How the web process proves itself to the toolserver host: a short-lived token for one tenant and a few scopes.

It never acts: no scope allows a tool call or a model call of a run (those need a worker's lease token).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from countersign.clock import now
from countersign.errors import Forbidden, NotSignedIn
from countersign.signing import BadSignature, SigningKey, VerifyKey, verify_token

WEB = "countersign-web+jwt"
LIFETIME_SECONDS = 60

Scope = Literal["catalogue", "keys", "test", "preview"]


class WebClaims(BaseModel):
    """`sub` is the person on whose behalf web asks; `exp` is in seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: UUID
    sub: UUID
    scopes: list[Scope]
    exp: int


def sign_web_token(tenant: UUID, user: UUID, scopes: Iterable[Scope], *, key: SigningKey | None = None) -> str:
    """A token signed with `key`, or with this process's grant signing key, which only web holds."""
    from django.conf import settings

    claims = WebClaims(tenant=tenant, sub=user, scopes=list(scopes), exp=int(now().timestamp()) + LIFETIME_SECONDS)
    key = key or SigningKey.load(settings.GRANT_SIGNING_KEY)
    return key.sign(claims.model_dump(mode="json"), kind=WEB)


def verify_web_token(token: str, keys: Iterable[VerifyKey], *, tenant: UUID, scope: Scope) -> WebClaims:
    """Raises NotSignedIn for a token that is forged, expired or another tenant's; Forbidden when it lacks the scope."""
    try:
        claims = WebClaims.model_validate(verify_token(token, keys, kind=WEB))
    except (BadSignature, ValidationError) as error:
        raise NotSignedIn from error
    if claims.tenant != tenant or claims.exp <= now().timestamp():
        raise NotSignedIn
    if scope not in claims.scopes:
        raise Forbidden("This token may not do that.", code="scope_missing")
    return claims
