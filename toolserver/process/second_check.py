"""A grant verified once more in the tenant's process, by its own copy of the verify keys (design §1, §4.7).

The host has verified and consumed it already; a mistake or a break-in there must not be enough to act.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from countersign.canonical import content_hash
from countersign.clock import now
from countersign.grants import GrantClaims, GrantRefused, verify_grant
from countersign.ids import parse_id
from toolserver.process.config import TenantConfig
from toolserver.process.references import BadReference, has_references, substitute
from toolserver.tools.contract import Adapter
from toolserver.tools.registry import schema_hash


def check_grant(config: TenantConfig, adapter: Adapter, arguments: dict[str, Any],
                meta: dict[str, Any]) -> tuple[GrantClaims, UUID]:
    """The claims and run of a grant that covers exactly this call. Raises GrantRefused."""
    run = parse_id(meta.get("countersign/run"))
    if run is None:
        raise GrantRefused("The call names no run.", code="grant_wrong_run")
    approved = meta.get("countersign/approved_arguments", arguments)
    claims = verify_grant(meta.get("countersign/grant"), config.grant_keys(), tenant=config.tenant, run=run,
                          tool=adapter.name, schema_hash=schema_hash(adapter), arguments=approved, at=now())
    _check_substitution(approved, arguments, meta.get("countersign/results") or {})
    if meta.get("countersign/idempotency_key") != f"{claims.request}:{claims.call}":
        raise GrantRefused("The idempotency key is not this planned call's.", code="grant_wrong_call")
    return claims, run


def _check_substitution(approved: Any, arguments: dict[str, Any], results: dict[str, Any]) -> None:
    try:
        expected = substitute(approved, results)
    except BadReference as error:
        raise GrantRefused(error.detail, code="grant_arguments_differ") from error
    if has_references(expected) or content_hash(expected) != content_hash(arguments):
        raise GrantRefused("The arguments are not the approved ones.", code="grant_arguments_differ")
