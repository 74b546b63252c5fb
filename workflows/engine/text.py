"""A step's text while it is being written: live over Redis, and every 250 ms in Postgres."""

from __future__ import annotations

import time

import psycopg

from countersign.logs import get_logger
from countersign.outages import said
from workflows.engine import live
from workflows.engine.saver import RunSaver
from workflows.engine.slots import how_many_wait, working

log = get_logger(__name__)

LIVE_EVERY = 0.03
STORE_EVERY = 0.25
#: So many texts a worker process stores at that pace. When more are written at once, each is stored less often.
FULL_PACE = 50


class TextStream:
    """`offset` counts characters of this execution's text. Deltas have no sequence number: they may be lost."""

    def __init__(self, saver: RunSaver, node: str, execution: str) -> None:
        self._saver = saver
        self._node = node
        self._execution = execution
        self._text = ""
        self._told = self._stored = 0
        self._told_at = self._stored_at = time.monotonic()

    def add(self, text: str) -> None:
        """Raises StaleLease when a chunk is due and the lease is lost."""
        self._text += text
        at = time.monotonic()
        if at - self._told_at >= LIVE_EVERY:
            self._tell()
            self._told_at = at
        if at - self._stored_at >= STORE_EVERY * max(1.0, how_many_wait() / FULL_PACE):
            with working():
                self._store()
                self._keep()
            self._stored_at = time.monotonic()

    def _keep(self) -> None:
        """A database that is away must not break off an answer that is being paid for: the next chunk tries again."""
        try:
            self._saver.flush()
        except psycopg.OperationalError as error:
            if not said(error):
                log.warning("text.not_stored", error=type(error).__name__)

    def end(self) -> None:
        """Hand the rest to the step's own save."""
        self._tell()
        self._store()

    def _tell(self) -> None:
        if self._told < len(self._text):
            delta = self._data(self._told)
            self._told = len(self._text)
            live.publish(self._saver.lease.tenant, self._saver.lease.run, [{"delta": {"node": self._node, **delta}}])

    def _store(self) -> None:
        if self._stored < len(self._text):
            self._saver.tell("text", self._node, self._data(self._stored))
            self._stored = len(self._text)

    def _data(self, start: int) -> dict[str, object]:
        return {"execution": self._execution, "offset": start, "text": self._text[start:]}
