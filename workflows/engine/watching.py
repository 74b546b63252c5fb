"""A run's events as they happen: what is stored, then what Redis tells; what is stored again, wherever it is unsure."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from workflows.engine.live import channel

HEARTBEAT = 15.0
#: Seconds between two looks at Postgres while Redis does not answer.
LOOK_AGAIN = 1.0
SUBSCRIBES_WITHIN = 2.0

LAST_KINDS = frozenset({"run.completed", "run.rejected", "run.failed", "run.cancelled"})

#: As many events as one look at Postgres brings at most.
EVENTS_AT_ONCE = 500

#: The first of the events after a sequence number, as clients see them. Raises when the watcher may not see them any
#: more.
Read = Callable[[int], Awaitable[list[dict[str, Any]]]]


async def watch(tenant: UUID, run: UUID, *, after: int, read: Read) -> AsyncIterator[dict[str, Any] | None]:
    """Yields `{"event": …}` in the order of their numbers, without gaps or repeats, `{"delta": …}` as they come, and
    None when nothing has happened for a while. Ends after the event that ends the run.
    """
    async with _subscribed(tenant, run) as hear:
        last, kind, look = after, "", True
        while True:
            while look:
                stored = await read(last)
                for event in stored:
                    last, kind = event["seq"], event["kind"]
                    yield {"event": event}
                look = len(stored) == EVENTS_AT_ONCE
            if kind in LAST_KINDS:
                return
            heard = await hear()
            if heard is None:
                yield None
                look = True
            elif "delta" in heard:
                yield heard
            elif heard["event"]["seq"] == last + 1:
                last, kind = heard["event"]["seq"], heard["event"]["kind"]
                yield heard
            else:
                look = heard["event"]["seq"] > last


@contextlib.asynccontextmanager
async def _subscribed(tenant: UUID, run: UUID) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any] | None]]]:
    """Listening has begun when this is entered, so that nothing falls between the first read and it."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
    listener = client.pubsub(ignore_subscribe_messages=True)
    name = channel(tenant, run)

    async def hear() -> dict[str, Any] | None:
        """The next message, or None where one may have been missed, or none came for a while: look at Postgres then."""
        _end_if_told_to()
        try:
            if not listener.subscribed:
                await _subscribe(listener, name)
                return None
            message = await listener.get_message(timeout=HEARTBEAT)
            return json.loads(message["data"]) if message else None
        except (RedisError, OSError):
            await asyncio.sleep(LOOK_AGAIN)
            return None

    try:
        with contextlib.suppress(RedisError, OSError):
            await _subscribe(listener, name)
        yield hear
    finally:
        with contextlib.suppress(RedisError, OSError):
            await listener.aclose()
            await client.aclose()


def _end_if_told_to() -> None:
    """Whoever watches may leave while something is sent to Redis, which redis-py waits for by `asyncio.wait_for`: up to
    Python 3.11 that swallows being cancelled when it is done just then, and the stream would go on for nobody.
    """
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


async def _subscribe(listener: redis.asyncio.client.PubSub, name: str) -> None:
    """Until Redis has said that it listens. Its word is taken here: to `hear` it would be a silence."""
    await listener.subscribe(name)
    await listener.get_message(timeout=SUBSCRIBES_WITHIN)
