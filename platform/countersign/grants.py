"""What a grant says, and the checks that need no database: signature, tenant, arguments, time (design §4.5).

Shared by web (signs), the toolserver host (verifies, consumes) and tenant processes (verify again).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from countersign.canonical import content_hash
from countersign.errors import CountersignError
from countersign.signing import BadSignature, SigningKey, VerifyKey, verify_token

GRANT = "countersign-grant+jwt"


class GrantRefused(CountersignError):
    """A side-effecting call without a grant that covers it; `code` says which check failed."""

    code = "grant_required"
    status = 403
    detail = "This call has a side effect and needs a grant: people with the right role must approve it first."


class GrantClaims(BaseModel):
    """One approved call. Times are UTC; hashes as `canonical.content_hash` makes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    tenant: UUID
    request: UUID
    run: UUID
    revision: int
    call: str
    tool: str
    schema_hash: str
    arguments_hash: str
    policy_hash: str
    not_before: datetime
    expires: datetime


def sign_grant(claims: GrantClaims, key: SigningKey) -> str:
    return key.sign(claims.model_dump(mode="json"), kind=GRANT)


def verify_grant(token: str | None, keys: Iterable[VerifyKey], *, tenant: UUID, run: UUID, tool: str,
                 schema_hash: str, arguments: dict, at: datetime) -> GrantClaims:
    """The claims of a grant that covers exactly this call at this moment.

    Whether it was used or revoked is the database's to say. Raises GrantRefused with one of the codes
    `grant_required`, `grant_forged`, `grant_wrong_tenant`, `grant_wrong_run`, `grant_wrong_tool`,
    `grant_schema_changed`, `grant_arguments_differ`, `grant_not_yet_valid`, `grant_expired`.
    """
    if not token:
        raise GrantRefused
    try:
        claims = GrantClaims.model_validate(verify_token(token, keys, kind=GRANT))
    except (BadSignature, ValueError) as error:
        raise GrantRefused("The grant's signature does not hold.", code="grant_forged") from error
    if claims.tenant != tenant:
        raise GrantRefused("The grant is another team's.", code="grant_wrong_tenant")
    if claims.run != run:
        raise GrantRefused("The grant belongs to another run.", code="grant_wrong_run")
    if claims.tool != tool:
        raise GrantRefused("The grant is for another tool.", code="grant_wrong_tool")
    if claims.schema_hash != schema_hash:
        raise GrantRefused("The tool changed since it was approved.", code="grant_schema_changed")
    if claims.arguments_hash != content_hash(arguments):
        raise GrantRefused("The arguments are not the approved ones.", code="grant_arguments_differ")
    if at < claims.not_before:
        raise GrantRefused("The grant is held until its time comes.", code="grant_not_yet_valid",
                           not_before=claims.not_before.isoformat())
    if at >= claims.expires:
        raise GrantRefused("The grant has expired.", code="grant_expired")
    return claims
