"""A run's events as they happen: what is stored, then what Redis tells; what is stored again, wherever it is unsure."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from workflows.engine.listening import ear
from workflows.engine.live import channel

HEARTBEAT = 15.0
#: How soon silence is doubted, by whoever has heard nothing yet that proves that nothing was missed.
DOUBT = 0.25

LAST_KINDS = frozenset({"run.completed", "run.rejected", "run.failed", "run.cancelled"})

#: As many events as one look at Postgres brings at most.
EVENTS_AT_ONCE = 500

Events = list[dict[str, Any]]
#: The first of the events after a sequence number, as clients see them. Raises when the watcher may not see them any
#: more.
Read = Callable[[int], Awaitable[Events]]


async def watch(tenant: UUID, run: UUID, *, after: int, stored: Events, read: Read
                ) -> AsyncIterator[dict[str, Any] | None]:
    """Yields `{"event": …}` in the order of their numbers, without gaps or repeats, `{"delta": …}` as they come, and
    None when nothing has happened for a while. Ends after the event that ends the run.

    `stored` is what `read` has just said. Between that and the beginning of listening something may have happened: an
    event with the next number shows that nothing has.
    """
    last, kind = after, ""
    for event in stored:
        last, kind = event["seq"], event["kind"]
        yield {"event": event}
    if kind in LAST_KINDS:
        return
    async with ear().listening(channel(tenant, run)) as listener:
        look, patience = len(stored) == EVENTS_AT_ONCE, min(DOUBT, HEARTBEAT)
        while kind not in LAST_KINDS:
            while look:
                stored = await read(last)
                for event in stored:
                    last, kind = event["seq"], event["kind"]
                    yield {"event": event}
                look, patience = len(stored) == EVENTS_AT_ONCE, HEARTBEAT
            if kind in LAST_KINDS:
                return
            message = await listener.hear(patience)
            if message is None:
                yield None
                look = True
                continue
            heard = json.loads(message)
            if "delta" in heard:
                yield heard
            elif heard["event"]["seq"] == last + 1:
                last, kind, patience = heard["event"]["seq"], heard["event"]["kind"], HEARTBEAT
                yield heard
            else:
                look = heard["event"]["seq"] > last
