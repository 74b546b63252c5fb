"""How much checking against JSON Schemas may cost.

A schema and a value that are each within their bounds can ask for their product in steps: a thousand keywords at each
of a hundred thousand items. What is refused is the same on every machine, as no clock is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: A step is one keyword at one place, or one entry of a list that it goes through: some microseconds.
MOST_STEPS = 500_000


class TooMuchWork(Exception):
    """All steps are taken."""


class Work:
    def __init__(self) -> None:
        self.left = MOST_STEPS

    def take(self, steps: int) -> None:
        """Raises TooMuchWork."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded_work() -> Iterator[Work]:
    """All that is checked inside shares one bound, also with a block around this one."""
    if (shared := _work.get()) is not None:
        yield shared
        return
    token = _work.set(Work())
    try:
        yield current_work()
    finally:
        _work.reset(token)


def current_work() -> Work:
    work = _work.get()
    assert work is not None, "what is checked against a schema is checked inside `bounded_work`"
    return work
