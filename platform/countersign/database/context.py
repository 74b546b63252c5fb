"""Whose rows this transaction may touch. Row-level security compares with what is set here (design §3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from countersign.database.statements import pipelined, pipelined_transaction, tell
from countersign.errors import CountersignError
from countersign.logs import bound

_tenant: ContextVar[UUID | None] = ContextVar("tenant", default=None)
_user: ContextVar[UUID | None] = ContextVar("user", default=None)


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
    with bound(tenant=str(tenant_id)), transaction.atomic(), _set(tenant_id, user_id):
        yield


@contextmanager
def pipelined_context(tenant_id: UUID, *, lock_timeout: str = "") -> Iterator[None]:
    """A `tenant_context` whose statements all go out without waiting, but where an answer is read.

    With a `lock_timeout` (`"250ms"`) it rather fails with an OperationalError than wait longer for a lock.
    """
    with bound(tenant=str(tenant_id)), pipelined_transaction(), _set(tenant_id, None, lock_timeout):
        yield


@contextmanager
def adopt_tenant(tenant_id: UUID) -> Iterator[None]:
    """Make what is left of the caller's transaction this tenant's: for work whose tenant the transaction has just found
    out. Raises TenantMixed where there is a tenant already.
    """
    if _tenant.get() is not None:
        raise TenantMixed
    token = _tenant.set(tenant_id)
    try:
        with bound(tenant=str(tenant_id)):
            _tell_database(tenant_id, None)
            yield
    finally:
        _tenant.reset(token)


@contextmanager
def user_context(user_id: UUID) -> Iterator[None]:
    """One transaction in which a person sees their own memberships, in every tenant, and nothing else."""
    with transaction.atomic(), _set(None, user_id):
        yield


def current_tenant() -> UUID | None:
    return _tenant.get()


def release_connection() -> None:
    """Give this thread's connection back to the pool before something that takes long; the next query borrows another.

    Inside a transaction it stays.
    """
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def _set(tenant_id: UUID | None, user_id: UUID | None, lock_timeout: str = "") -> Iterator[None]:
    """Set both for this block, and the surrounding block's again after it. An error undoes them with its savepoint."""
    before = _tenant.get(), _user.get()
    tokens = _tenant.set(tenant_id), _user.set(user_id)
    try:
        _tell_database(tenant_id, user_id, lock_timeout)
        yield
        if len(connection.atomic_blocks) > 1:  # else the transaction ends here, and its settings with it
            _tell_database(*before)
    finally:
        _tenant.reset(tokens[0])
        _user.reset(tokens[1])


def _tell_database(tenant_id: UUID | None, user_id: UUID | None, lock_timeout: str = "") -> None:
    settings = {"app.tenant_id": str(tenant_id or ""), "app.user_id": str(user_id or "")}
    if lock_timeout:
        settings["lock_timeout"] = lock_timeout
    calls = ", ".join(f"set_config('{name}', %s, true)" for name in settings)
    with pipelined():  # together with the transaction's BEGIN
        tell(f"SELECT {calls}", list(settings.values()))
