"""psycopg's pipelines in fewer system calls.

psycopg sends each statement by itself: a look at the socket, a write, and the server's process wakes. Here they are
kept until somebody reads an answer, until the block ends, or until many have come together, and go out in one write.
Order, errors and answers are the same. (psycopg has no setting for it; `tests/countersign/test_pipelines.py` sees
whether it still asks its pipeline when to send.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, Pipeline
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

MOST_KEPT = 50


class _Together(Pipeline):
    def begin(self) -> None:
        """Begin the transaction that the first statement would begin: there psycopg waits for the answer."""
        if not self._conn.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE:
            self.pgconn.send_query_params(self._conn._get_tx_start_command(), None)
            self.result_queue.append(None)

    def _communicate_gen(self) -> PQGen[None]:
        """psycopg's question after each statement."""
        if len(self.command_queue) >= MOST_KEPT:
            yield from self._send_gen()

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        fault = None
        try:
            if self.command_queue:
                yield from self._send_gen()
        except psycopg.Error as error:  # of one statement: it leaves the answers of the others to be read
            fault = error
        try:
            yield from super()._fetch_gen(flush=flush)
        except psycopg.errors.PipelineAborted:  # what came after the fault says this
            if fault is None:
                raise
        if fault is not None:
            raise fault

    def push(self) -> None:
        """Send what is kept; the server works on it meanwhile."""
        if self.command_queue:
            self._conn.wait(self._send_gen())

    def _send_gen(self) -> PQGen[None]:
        while len(self.command_queue) > 1:
            self.command_queue.popleft()()  # only fills libpq's buffer
        yield from super()._communicate_gen()


@contextmanager
def together(connection: Connection[Any]) -> Iterator[None]:
    """As `connection.pipeline()`, whose statements go out together."""
    with connection.lock:
        if connection._pipeline is None:
            connection._pipeline = _Together(connection)
    with connection.pipeline() as pipeline:
        if isinstance(pipeline, _Together):
            pipeline.begin()
        yield
