"""A worker that is told to stop: runs under way are let go of after the step they are at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from langgraph.runtime import RunControl

_draining = threading.Event()
_controls: set[RunControl] = set()
_lock = threading.Lock()


@contextmanager
def listening(control: RunControl) -> Iterator[RunControl]:
    """While the graph runs under this control, `drain` reaches it."""
    with _lock:
        _controls.add(control)
    if _draining.is_set():
        control.request_drain()
    try:
        yield control
    finally:
        with _lock:
            _controls.discard(control)


def is_draining() -> bool:
    return _draining.is_set()


def drain() -> None:
    """Ask every run of this process to stop after its step. For good: the process is about to end."""
    _draining.set()
    with _lock:
        for control in _controls:
            control.request_drain()
