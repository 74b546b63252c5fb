"""Who calls: a worker with the lease token of a run, or the web process. Everybody else gets 401 (design §1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from countersign.database.context import pipelined_context, tenant_context
from countersign.database.statements import asked
from countersign.errors import Forbidden, NotSignedIn
from countersign.ids import parse_id
from countersign.signing import VerifyKey
from countersign.web_token import Scope, verify_web_token
from toolserver.host.models import ToolConfiguration

LEASE_TOKEN = re.compile(r"lease_([0-9a-f-]{36})\.([0-9]{1,18})\.([A-Za-z0-9_-]{16,200})")

# Time is the database's, as where the lease is renewed: this machine's clock may be another.
HELD = """
    SELECT COALESCE((SELECT version FROM toolserver_toolconfiguration LIMIT 1), 0) FROM doorbells_lease
    WHERE subject_id = %s AND tenant_id = %s AND epoch = %s AND token_hash = %s AND expires_at > clock_timestamp()"""


@dataclass(frozen=True)
class Caller:
    """`run_id` is set for a worker. `version` is that of the tenant's configuration, read in the same look."""

    tenant_id: UUID
    run_id: UUID | None
    version: int


def authenticate(tenant: str, authorization: str, *, web_scope: Scope | None, workers: bool) -> Caller:
    """Raises NotSignedIn for a token that is forged, stale or another tenant's; Forbidden when it may not do this."""
    tenant_id = parse_id(tenant)
    scheme, _, token = authorization.partition(" ")
    if tenant_id is None or scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    lease = LEASE_TOKEN.fullmatch(token)
    if lease is None:
        return _web(tenant_id, token, web_scope)
    run_id = parse_id(lease[1])
    with pipelined_context(tenant_id):
        asking = asked(HELD, [run_id, tenant_id, int(lease[2]), hashlib.sha256(token.encode()).hexdigest()])
    held = asking()
    if not held:
        raise NotSignedIn("This lease token is not, or no longer, that of the run.", code="lease_stale")
    if not workers:
        raise Forbidden("A worker's token may not do that.", code="scope_missing")
    return Caller(tenant_id, run_id, held[0][0])


def configuration_version() -> int:
    return ToolConfiguration.objects.values_list("version", flat=True).first() or 0


def verify_keys() -> list[VerifyKey]:
    return [VerifyKey.load(text) for text in settings.GRANT_VERIFY_KEYS]


def _web(tenant_id: UUID, token: str, scope: Scope | None) -> Caller:
    claims = verify_web_token(token, verify_keys(), tenant=tenant_id, scope=scope or "catalogue")
    if scope is None:
        raise Forbidden("Only a worker that holds a run may do that.", code="scope_missing")
    with tenant_context(claims.tenant):
        return Caller(tenant_id, None, configuration_version())
