"""What happens in a run, told at once over Redis. Nothing depends on it: whoever misses a message reads Postgres."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from countersign.logs import get_logger
from countersign.outages import said

log = get_logger(__name__)

MOST_WAITING = 10_000
_outgoing: queue.Queue[tuple[str, str]] = queue.Queue(MOST_WAITING)
_started = threading.Lock()


def channel(tenant: UUID, run: UUID) -> str:
    return f"run:{tenant}:{run}"


def publish(tenant: UUID, run: UUID, messages: Sequence[dict[str, Any]]) -> None:
    """Hand messages to the process's sender and return: a slow or missing Redis never holds a run up.

    A message is `{"event": {...}}` or `{"delta": {"node", "execution", "offset", "text"}}`.
    """
    if _started.acquire(blocking=False):
        threading.Thread(target=_send, name="live", daemon=True).start()
    for message in messages:
        try:
            _outgoing.put_nowait((channel(tenant, run), json.dumps(message, ensure_ascii=False)))
        except queue.Full:
            return


def _send() -> None:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    while True:
        batch = [_outgoing.get()]
        while len(batch) < 100 and not _outgoing.empty():
            batch.append(_outgoing.get_nowait())
        try:
            pipe = client.pipeline(transaction=False)
            for name, text in batch:
                pipe.publish(name, text)
            pipe.execute()
        except redis.RedisError as error:
            if not said(error):
                log.warning("live.unsent", messages=len(batch), error=type(error).__name__)
