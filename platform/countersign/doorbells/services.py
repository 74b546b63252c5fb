"""Ringing: the outbox row is the promise, the Redis message only wakes somebody (design §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from countersign.broker import messages_waiting
from countersign.clock import now
from countersign.database.statements import ask, insert
from countersign.doorbells.models import Outbox
from countersign.logs import get_logger
from countersign.outages import REDIS, said

log = get_logger(__name__)

RUNG_AT_ONCE = 100

Bell = Callable[[UUID, UUID], None]
Rung = tuple[str, UUID, UUID]


@dataclass(frozen=True)
class Topic:
    """A `shared` bell only says that there is work, and whoever hears it chooses: one ring does for all that waits."""

    bell: Bell
    queue: str
    shared: bool


_topics: dict[str, Topic] = {}


def on_topic(topic: str, bell: Bell, *, queue: str = "notify", shared: bool = False) -> None:
    """Say how a topic is rung: `bell(tenant_id, subject_id)` sends a message on the queue. Called from
    `AppConfig.ready`."""
    _topics[topic] = Topic(bell, queue, shared)


def ring(topic: str, *, tenant_id: UUID, subject_id: UUID, due_at: datetime | None = None) -> None:
    """Promise work on `subject_id` in the caller's transaction, and ring for it once that has committed.

    What is due later is rung for by the scheduler, then; and so is, every 2 s, what nobody has claimed: losing Redis
    loses nothing.
    """
    at = now()
    at_once = due_at is None or due_at <= at
    insert([Outbox(topic=topic, tenant_id=tenant_id, subject_id=subject_id, due_at=due_at or at,
                   rung_at=at if at_once else None)])
    if at_once:
        transaction.on_commit(partial(_sound, topic, tenant_id, subject_id), robust=True)


def ring_all(topic: str, *, tenant_id: UUID, subject_ids: list[UUID], due_at: datetime | None = None) -> None:
    """Promise work on each of them, as `ring` does, in one statement. Many are left for the scheduler to ring for."""
    at = now()
    now_due = subject_ids[:RUNG_AT_ONCE] if due_at is None or due_at <= at else []
    insert([
        Outbox(topic=topic, tenant_id=tenant_id, subject_id=each, due_at=due_at or at,
               rung_at=at if number < len(now_due) else None)
        for number, each in enumerate(subject_ids)])
    for each in now_due:
        transaction.on_commit(partial(_sound, topic, tenant_id, each), robust=True)


def _sound(topic: str, tenant_id: UUID, subject_id: UUID) -> None:
    """Unless Redis is away: whoever has just committed would wait for it in vain, for each bell anew. The scheduler
    rings for what nobody has heard."""
    if REDIS.is_away:
        return
    try:
        _topics[topic].bell(tenant_id, subject_id)
    except Exception as error:
        if not said(error):
            raise


def answer(topic: str, subject_id: UUID) -> int:
    """Delete what was promised for a subject, in the transaction that takes the work on. Returns how many rows."""
    return len(ask("DELETE FROM doorbells_outbox WHERE topic = %s AND subject_id = %s AND due_at <= %s RETURNING id",
                   [topic, subject_id, now()]))


def withdraw(topic: str, subject_id: UUID) -> int:
    """Take back what was promised for a subject, due or not. Returns how many rows."""
    return Outbox.objects.filter(topic=topic, subject_id=subject_id).delete()[0]


def ring_for_due(*, most: int = 500) -> int:
    """Ring for what was promised for later and has come due. The scheduler calls it; returns how many rows were due."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""
            UPDATE doorbells_outbox SET rung_at = %(now)s WHERE id IN (
                SELECT id FROM doorbells_outbox WHERE due_at <= %(now)s AND rung_at IS NULL
                ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            RETURNING topic, tenant_id, subject_id""", {"now": now(), "most": most})
        due: list[Rung] = cursor.fetchall()
    _ring_for(due)
    return len(due)


def ring_again(*, older_than: timedelta = timedelta(seconds=2), most: int = RUNG_AT_ONCE) -> int:
    """Ring again for what was rung for and nobody has claimed: Redis may have lost the message.

    A queue that holds messages has not lost them: rings fill it up to `most`, however much waits. A shared bell rings
    once, into an empty queue. The scheduler calls it; returns how many rows were rung for: none without Redis.
    """
    if REDIS.is_away:
        return 0
    rung = 0
    for queue in {topic.queue for topic in _topics.values()}:
        waiting = messages_waiting(queue)
        for shared, room in ((True, 0 if waiting else 1), (False, most - waiting)):
            topics = [name for name, topic in _topics.items() if topic.queue == queue and topic.shared == shared]
            if topics and room > 0:
                rows = _unclaimed(topics, before=now() - older_than, most=room)
                _ring_for(rows)
                rung += len(rows)
    return rung


def _unclaimed(topics: list[str], *, before: datetime, most: int) -> list[Rung]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""
            UPDATE doorbells_outbox SET rung_at = %(now)s WHERE id IN (
                SELECT id FROM doorbells_outbox WHERE topic = ANY(%(topics)s) AND rung_at <= %(before)s
                ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            RETURNING topic, tenant_id, subject_id""",
                       {"now": now(), "topics": topics, "before": before, "most": most})
        return cursor.fetchall()


def _ring_for(rows: list[Rung]) -> None:
    """A shared bell once; the others each, while their queue has room: what finds none is rung for again, and so is
    what came due without Redis."""
    if REDIS.is_away:
        return
    heard: set[str] = set()
    room: dict[str, int] = {}
    for name, tenant_id, subject_id in rows:
        topic = _topics[name]
        if topic.shared:
            if name not in heard:
                topic.bell(tenant_id, subject_id)
            heard.add(name)
            continue
        if topic.queue not in room:
            room[topic.queue] = RUNG_AT_ONCE - messages_waiting(topic.queue)
        if room[topic.queue] > 0:
            topic.bell(tenant_id, subject_id)
        room[topic.queue] -= 1
