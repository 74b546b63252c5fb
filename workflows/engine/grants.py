"""The grants of a gate's planned calls, as web signed them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from approvals.models import Grant
from approvals.queries import grants_of
from countersign.clock import now
from countersign.database.context import tenant_context
from workflows.engine.failures import Held, PolicyRefused

if TYPE_CHECKING:
    from workflows.engine.session import Session


def grant_of(session: Session, request: str, call: str) -> str:
    """The current grant's token, read once a turn. Whether it still holds is the host's to say.

    Raises Held, PolicyRefused.
    """
    if request not in session.grants:
        with tenant_context(session.run.tenant_id):
            read_grants(session, request)
        let_go_of_connection()
    grant = session.grants[request].get(call)
    if grant is None:
        raise PolicyRefused("There is no grant for this call.", code="grant_required")
    if grant.not_before > now() and grant.revoked_at is None:
        raise Held(grant.not_before)
    return grant.token


def read_grants(session: Session, request: str) -> None:
    keep_grants(session, request, grants_of(UUID(request)))


def keep_grants(session: Session, request: str, grants: Iterable[Grant]) -> None:
    """In the order they were made: of a call's grants the newest is meant."""
    session.grants[request] = {grant.call_id: grant for grant in grants}


def let_go_of_connection() -> None:
    """Give Django's connection back before waiting for anything: a model, a tool, a person."""
    if not connection.in_atomic_block:
        connection.close()
