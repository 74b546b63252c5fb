from __future__ import annotations

from uuid import UUID

from approvals.models import Grant
from countersign.database.statements import load


def grants_of(request_id: UUID) -> list[Grant]:
    """A request's current grants, one per planned call, in the order they were made. Replaced ones are left out,
    revoked ones are not when nothing took their place."""
    newest: dict[str, Grant] = {}
    for grant in load(Grant, "WHERE request_id = %s ORDER BY id", [request_id]):
        newest[grant.call_id] = grant
    return list(newest.values())
