"""What happens in a run, told at once over Redis. Nothing depends on it: whoever misses a message reads Postgres."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from countersign.jsons import json_bytes
from countersign.logs import get_logger
from countersign.outages import said

log = get_logger(__name__)

MOST_WAITING = 10_000
_outgoing: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_WAITING)
_started = threading.Lock()


def as_sent(message: dict[str, Any]) -> bytes:
    """As clients are sent it, a server-sent event (WHATWG HTML, 9.2): Redis hears it so too, and web hands it on.

    A message is `{"event": {...}}` or `{"delta": {"node", "execution", "offset", "text"}}`.
    """
    if delta := message.get("delta"):
        return b"event: delta\ndata: %b\n\n" % json_bytes(delta)
    event = message["event"]
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event["seq"], event["kind"].encode(), json_bytes(event))


def apart(sent: bytes) -> list[bytes]:
    """Its messages, each as it was written."""
    return [each + b"\n\n" for each in sent.split(b"\n\n")[:-1]]


def number_and_kind(sent: bytes) -> tuple[int, str]:
    """Of an event; 0 and `delta` of what has no number."""
    id, event, _ = sent.split(b"\n", 2) if sent.startswith(b"id: ") else (b"id: 0", *sent.split(b"\n", 1))
    return int(id.removeprefix(b"id: ")), event.removeprefix(b"event: ").decode()


def channel(tenant: UUID, run: UUID) -> str:
    return f"run:{tenant}:{run}"


def publish(tenant: UUID, run: UUID, messages: Sequence[dict[str, Any]]) -> None:
    """Hand messages to the process's sender, which tells them in one, and return: a slow or missing Redis never holds a
    run up."""
    if _started.acquire(blocking=False):
        threading.Thread(target=_send, name="live", daemon=True).start()
    if not messages:
        return
    with suppress(queue.Full):
        _outgoing.put_nowait((channel(tenant, run), b"".join(map(as_sent, messages))))


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
