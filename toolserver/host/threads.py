"""Database work of the host's event loop: in a thread, its connection returned to the pool right afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar

import anyio
from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

MOST_CONNECTIONS = 12  # of the 16 in the pool


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(MOST_CONNECTIONS)


async def in_database(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of `work`. Once begun it runs to its end, even when the caller is cancelled."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await anyio.to_thread.run_sync(run, limiter=_limiter())
