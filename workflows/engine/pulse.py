"""What a saver holds back while its run waits for a model or a tool is stored after a moment: people see what it waits
for, and what was paid for is safe.

A call that is over sooner is stored with what comes after it, in one transaction instead of several. A worker killed
before that does the last moment's work again: a model is asked anew, as for text that was not stored yet; a gate is
passed from what people have decided, and a tool's call answers from its ledger entry.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from countersign.logs import get_logger
from countersign.outages import said
from workflows.engine.lease import StaleLease
from workflows.engine.saver import RunSaver

log = get_logger(__name__)

#: Of one call; and since the last save, however quick the calls are.
SECONDS = 0.25
SECONDS_IN_ALL = 1.0
LOOK_EVERY = 0.05


class Pulse:
    """One thread a process. It rests while nothing waits."""

    def __init__(self) -> None:
        self._waiting: dict[RunSaver, float] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, saver: RunSaver) -> Iterator[None]:
        """Within this block the caller does nothing but wait, and hand the saver what comes."""
        at = time.monotonic()
        with self._lock:
            self._waiting[saver] = min(at + SECONDS, max(at, saver.saved_at + SECONDS_IN_ALL))
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
                self._thread.start()
        if not self._wake.is_set():
            self._wake.set()
        try:
            yield
        finally:
            with self._lock:
                self._waiting.pop(saver, None)
            with saver.saving:  # by now it may be under way
                pass

    def _beat(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(LOOK_EVERY)
            while saver := self._next_due():
                _store(saver)

    def _next_due(self) -> RunSaver | None:
        """One at a time: whoever's call has ended meanwhile waits for its own save at most. What could not be stored is
        tried again; a saver that is being saved just now is looked at again."""
        at = time.monotonic()
        with self._lock:
            for saver, until in self._waiting.items():
                if until <= at and saver.saving.acquire(blocking=False):
                    self._waiting[saver] = at + SECONDS_IN_ALL
                    return saver
            if not self._waiting:
                self._wake.clear()
        return None


def _store(saver: RunSaver) -> None:
    """Whoever waits finds out by themselves that the lease is lost, and meets any other fault at their own save."""
    try:
        saver.flush()
    except (StaleLease, psycopg.OperationalError) as error:
        if not said(error):
            log.warning("run.not_kept", error=type(error).__name__)
    except Exception:
        log.exception("run.not_kept", run=str(saver.lease.run))
    finally:
        saver.saving.release()


pulse = Pulse()
