"""Who of a worker's many turns may work just now.

A turn mostly waits: for a model, for a tool. While it waits it holds neither a slot nor a database connection. The few
slots go round between the tenants whose turns want one, so that nobody queues behind another tenant's crowd.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

Tenant = UUID | None  # None: the dispatcher, which looks for anybody's runs


class Slots:
    """`free_of(tenant)` is called when no turn of that tenant queues for a slot any more. `waiting` counts turns that
    wait for something else than a slot."""

    def __init__(self, count: int, *, free_of: Callable[[Tenant], Any] = lambda tenant: None) -> None:
        self._free = count
        self.waiting = 0
        self._free_of = free_of
        self._lock = threading.Lock()
        self._queues: OrderedDict[Tenant, deque[threading.Event]] = OrderedDict()

    def queueing(self) -> set[Tenant]:
        """The tenants whose turns queue for a slot."""
        with self._lock:
            return set(self._queues)

    def take(self, tenant: Tenant) -> None:
        """Returns once a slot is the caller's: at once, or when the tenant's turn comes round."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            granted = threading.Event()
            self._queues.setdefault(tenant, deque()).append(granted)
        granted.wait()

    def give_back(self) -> None:
        with self._lock:
            if not self._queues:
                self._free += 1
                return
            tenant, queue = self._queues.popitem(last=False)
            queue.popleft().set()
            if queue:
                self._queues[tenant] = queue  # behind the other tenants'
                return
        self._free_of(tenant)

    def count_waiting(self, change: int) -> None:
        with self._lock:
            self.waiting += change

    @contextmanager
    def at_work(self, tenant: Tenant) -> Iterator[None]:
        """The block runs in a slot, which `waiting` gives back meanwhile."""
        self.take(tenant)
        here = _here.set((self, tenant))
        try:
            yield
        finally:
            _here.reset(here)
            self.give_back()


_here: ContextVar[tuple[Slots, Tenant] | None] = ContextVar("slot", default=None)


@contextmanager
def waiting() -> Iterator[None]:
    """Somebody else may work while the block waits. Nothing to do for who works in no slot."""
    here = _here.get()
    if here is None:
        yield
        return
    slots, tenant = here
    slots.count_waiting(+1)
    slots.give_back()
    try:
        yield
    finally:
        slots.take(tenant)
        slots.count_waiting(-1)


def how_many_wait() -> int:
    """Turns of this process that wait for a model or a tool, the caller's among them."""
    here = _here.get()
    return here[0].waiting if here else 0


@contextmanager
def working() -> Iterator[None]:
    """Within `waiting`: a little work in between."""
    here = _here.get()
    if here is None:
        yield
        return
    slots, tenant = here
    slots.take(tenant)
    try:
        yield
    finally:
        slots.give_back()
