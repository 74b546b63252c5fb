"""Writing an entry, in the transaction that does what it tells of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

import orjson
from django.core.serializers.json import DjangoJSONEncoder

from countersign.canonical import canonical_json
from countersign.clock import now
from countersign.database.context import current_tenant
from countersign.database.statements import insert
from countersign.errors import CountersignError
from tenants.models import AuditEntry, User
from tenants.principals import Principal


class NoTenant(CountersignError):
    code = "no_tenant"
    detail = "An audit entry is written in its tenant's context. This is our fault, not yours."


@dataclass(frozen=True)
class Actor:
    """Who did it. `kind` is `user` (signed in), `token` (a person's token), `service` or `system`.

    `id` is the user's or service account's; `via` names the token, or the process of a `system` actor.
    """

    kind: str
    id: UUID | None
    via: str = ""

    @classmethod
    def of(cls, who: User | Principal) -> Actor:
        principal = who if isinstance(who, Principal) else Principal(who)
        via = f"token:{principal.token.id}" if principal.token else ""
        if principal.is_service:
            return cls("service", principal.user.id, via)
        return cls("token" if principal.token else "user", principal.user.id, via)

    @classmethod
    def system(cls, process: str) -> Actor:
        return cls("system", None, process)


def record(*, action: str, subject: tuple[str, UUID], actor: Actor, data: dict[str, Any] = {}) -> AuditEntry:
    """Write that `actor` did `action` (`noun.verb`) to `subject` (its type and id), in the caller's tenant transaction.

    `data` may hold ids and times beside plain JSON; never a secret. The chain link follows at commit.
    """
    tenant_id = current_tenant()
    if tenant_id is None:
        raise NoTenant
    entry = AuditEntry(tenant_id=tenant_id, at=now(), action=action, subject_type=subject[0], subject_id=subject[1],
                       actor_kind=actor.kind, actor_id=actor.id, actor_via=actor.via)
    entry.body = body_of(entry, _plain(data))
    insert([entry])
    return entry


def _plain(data: dict[str, Any]) -> Any:
    try:
        return orjson.loads(orjson.dumps(data, default=_as_text, option=orjson.OPT_PASSTHROUGH_DATETIME))
    except TypeError:  # whole numbers beyond 64 bits, or half a character
        return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


_as_text = DjangoJSONEncoder().default


def body_of(entry: AuditEntry, data: dict[str, Any]) -> str:
    """The entry as canonical JSON (RFC 8785): what its columns say, and `data`."""
    actor = Actor(entry.actor_kind, entry.actor_id, entry.actor_via)
    return canonical_json({
        "id": str(entry.id),
        "tenant": str(entry.tenant_id),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": entry.action,
        "subject": {"type": entry.subject_type, "id": str(entry.subject_id)},
        "actor": {**asdict(actor), "id": str(actor.id) if actor.id else None},
        "data": data,
    }).decode()
