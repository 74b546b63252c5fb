"""Whose rows this transaction may touch. Row-level security compares with what is set here (design §3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from countersign.errors import CountersignError
from countersign.logs import bound

_tenant: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class TenantMixed(CountersignError):
    code = "tenant_mixed"
    detail = "One transaction touches one team's rows. This is our fault, not yours."


@contextmanager
def tenant_context(tenant_id: UUID, *, user_id: UUID | None = None) -> Iterator[None]:
    """One transaction in which only this tenant's rows exist, and in which new rows are this tenant's.

    Inside another context of the same tenant it joins that transaction. Raises TenantMixed inside another tenant's.
    """
    current = _tenant.get()
    if current is not None:
        if current != tenant_id:
            raise TenantMixed
        yield
        return
    token = _tenant.set(tenant_id)
    try:
        with bound(tenant=str(tenant_id)), transaction.atomic():
            _set(str(tenant_id), str(user_id or ""))
            yield
            if not _outermost():
                _set("", "")
    finally:
        _tenant.reset(token)


@contextmanager
def user_context(user_id: UUID) -> Iterator[None]:
    """One transaction in which a person sees their own memberships, in every tenant, and nothing else."""
    with transaction.atomic():
        _set("", str(user_id))
        yield
        if not _outermost():
            _set("", "")


def current_tenant() -> UUID | None:
    return _tenant.get()


def _set(tenant: str, user: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true), set_config('app.user_id', %s, true)", [tenant, user])


def _outermost() -> bool:
    """Whether the innermost atomic block is the transaction itself: its end clears the context by itself."""
    return len(connection.atomic_blocks) == 1
