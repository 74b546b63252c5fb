"""A run's events as they happen: what is stored, then what Redis tells; what is stored again, wherever it is unsure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from workflows.engine.listening import ear
from workflows.engine.live import apart, as_sent, channel, number_and_kind

HEARTBEAT = 15.0
STILL_HERE = b": still here\n\n"
#: How soon silence is doubted, by whoever has heard nothing yet that proves that nothing was missed.
DOUBT = 0.5

LAST_KINDS = frozenset({"run.completed", "run.rejected", "run.failed", "run.cancelled"})

#: As many events as one look at Postgres brings at most.
EVENTS_AT_ONCE = 500

Events = list[dict[str, Any]]
#: The first of the events after a sequence number, as clients see them. Raises when the watcher may not see them any
#: more.
Read = Callable[[int], Awaitable[Events]]


async def watch(tenant: UUID, run: UUID, *, after: int, stored: Events, read: Read) -> AsyncIterator[bytes]:
    """Yields what clients are sent: events in the order of their numbers, without gaps or repeats, deltas as they come,
    and a sign of life when nothing has happened for a while. Ends after the event that ends the run.

    `stored` is what `read` has just said. Between that and the beginning of listening something may have happened: an
    event with the next number shows that nothing has.
    """
    told = _Told(after)
    if stored:
        yield told.stored(stored)
    if told.kind in LAST_KINDS:
        return
    async with ear().listening(channel(tenant, run)) as listener:
        look, patience = len(stored) == EVENTS_AT_ONCE, min(DOUBT, HEARTBEAT)
        while told.kind not in LAST_KINDS:
            if look:
                stored = await read(told.last)
                look, patience = len(stored) == EVENTS_AT_ONCE, HEARTBEAT
                if stored:
                    yield told.stored(stored)
            elif heard := await listener.hear(patience):
                before = told.last
                if fresh := told.heard(heard):
                    yield fresh
                look = told.missed
                patience = patience if told.last == before else HEARTBEAT
            else:
                yield STILL_HERE
                look = True


class _Told:
    """How far a watcher has been told what happens, and whether something is missing then."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.kind = ""
        self.missed = False

    def stored(self, events: Events) -> bytes:
        self.last, self.kind, self.missed = events[-1]["seq"], events[-1]["kind"], False
        return b"".join(as_sent({"event": event}) for event in events)

    def heard(self, messages: list[bytes]) -> bytes:
        """Those of them that are new and come next."""
        fresh = []
        self.missed = False
        for message in apart(b"".join(messages)):
            number, kind = number_and_kind(message)
            if number == self.last + 1:
                self.last, self.kind = number, kind
            elif number:
                self.missed = self.missed or number > self.last
                continue
            fresh.append(message)
        return b"".join(fresh)
