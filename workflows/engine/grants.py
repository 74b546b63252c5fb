"""The grant of one planned call, as web signed it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from approvals.queries import grants_of
from countersign.clock import now
from countersign.database.context import tenant_context
from workflows.engine.failures import Held, PolicyRefused
from workflows.models import Run


def grant_of(run: Run, request: str, call: str) -> str:
    """The newest grant's token. Whether it still holds is the host's to say. Raises Held, PolicyRefused."""
    with tenant_context(run.tenant_id):
        grants = [grant for grant in grants_of(UUID(request)) if grant.call_id == call]
    let_go_of_connection()
    if not grants:
        raise PolicyRefused("There is no grant for this call.", code="grant_required")
    grant = max(grants, key=lambda each: each.expires_at)
    if grant.not_before > now() and grant.revoked_at is None:
        raise Held(grant.not_before)
    return grant.token


def let_go_of_connection() -> None:
    """Give Django's connection back before waiting for anything: a model, a tool, a person."""
    if not connection.in_atomic_block:
        connection.close()
