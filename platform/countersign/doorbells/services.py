"""Ringing: the outbox row is the promise, the Redis message only wakes somebody (design §4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from countersign.clock import now
from countersign.doorbells.models import Outbox
from countersign.logs import get_logger

log = get_logger(__name__)

RUNG_AT_ONCE = 100

Bell = Callable[[UUID, UUID], None]
_bells: dict[str, Bell] = {}


def on_topic(topic: str, bell: Bell) -> None:
    """Say how a topic is rung: `bell(tenant_id, subject_id)` enqueues its actor. Called from `AppConfig.ready`."""
    _bells[topic] = bell


def ring(topic: str, *, tenant_id: UUID, subject_id: UUID, due_at: datetime | None = None) -> None:
    """Promise work on `subject_id` in the caller's transaction, and ring for it once that has committed.

    What is due later is rung for by the scheduler, then; and so is, every 2 s, what nobody has claimed: losing Redis
    loses nothing.
    """
    at = now()
    at_once = due_at is None or due_at <= at
    Outbox.objects.create(topic=topic, tenant_id=tenant_id, subject_id=subject_id, due_at=due_at or at,
                          rung_at=at if at_once else None)
    if at_once:
        transaction.on_commit(lambda: _bells[topic](tenant_id, subject_id), robust=True)


def ring_all(topic: str, *, tenant_id: UUID, subject_ids: list[UUID]) -> None:
    """Promise work on each of them, as `ring` does, in one statement. Many are left for the scheduler to ring for."""
    at = now()
    Outbox.objects.bulk_create([
        Outbox(topic=topic, tenant_id=tenant_id, subject_id=each, due_at=at,
               rung_at=at if number < RUNG_AT_ONCE else None)
        for number, each in enumerate(subject_ids)])
    for each in subject_ids[:RUNG_AT_ONCE]:
        transaction.on_commit(partial(_bells[topic], tenant_id, each), robust=True)


def answer(topic: str, subject_id: UUID) -> int:
    """Delete what was promised for a subject, in the transaction that takes the work on. Returns how many rows."""
    return Outbox.objects.filter(topic=topic, subject_id=subject_id, due_at__lte=now()).delete()[0]


def withdraw(topic: str, subject_id: UUID) -> int:
    """Take back what was promised for a subject, due or not. Returns how many rows."""
    return Outbox.objects.filter(topic=topic, subject_id=subject_id).delete()[0]


def ring_again(*, older_than: timedelta = timedelta(seconds=2), most: int = 500) -> int:
    """Ring for what has come due, and again for what nobody has claimed. The scheduler calls it; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""
            UPDATE doorbells_outbox SET rung_at = %(now)s WHERE id IN (
                SELECT id FROM doorbells_outbox
                WHERE due_at <= %(now)s AND (rung_at IS NULL OR rung_at <= %(late)s)
                ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            RETURNING topic, tenant_id, subject_id""", {"now": now(), "late": now() - older_than, "most": most})
        rows: Iterable[tuple[str, UUID, UUID]] = cursor.fetchall()
    for topic, tenant_id, subject_id in rows:
        _bells[topic](tenant_id, subject_id)
    return len(rows)
