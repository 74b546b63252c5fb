"""Checkpoints under tenant and lease: LangGraph's Postgres saver, with one transaction and one round trip a save.

A step's plain writes are worth nothing once its checkpoint is stored, so they wait for it, and are dropped when it
comes. It goes out with the step's events; so do the checkpoints of the input, which the run's row holds anyway. Where
several tasks run in one step, each task's writes go out as it ends: they may hold a model's paid answer.

The engine's own savers hold a step's checkpoint and interrupts back too (`holds`): they go out with the transaction
that opens the gate or ends the turn (`save_here`), or once the run has waited a moment for the outside (`pulse.py`).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection as django_connection
from django.db import transaction
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.base import INSERT_CHECKPOINT_WRITES_SQL, UPSERT_CHECKPOINT_WRITES_SQL
from langgraph.checkpoint.serde.types import INTERRUPT
from psycopg import Connection, Cursor
from psycopg.rows import DictRow, dict_row

from countersign.database.pipelines import together
from countersign.database.statements import push
from workflows.engine import live
from workflows.engine.events import NONE, Change, Event, Spent, numbered, record, writing
from workflows.engine.lease import LOCK_PATIENCE, Lease, refused_when_stale
from workflows.engine.pool import Pool, engine_pool
from workflows.engine.serde import checkpoint_serializer

Statement = tuple[str, Sequence[Any]]  # the parent class's: each inserts one row
WRITES = (INSERT_CHECKPOINT_WRITES_SQL, UPSERT_CHECKPOINT_WRITES_SQL)
ONE_ROW = re.compile(r"\((%s, )*%s\)")
_serializer = None


def _shared_serializer():
    global _serializer
    _serializer = _serializer or checkpoint_serializer()
    return _serializer


def thread_id(tenant: UUID, run: UUID) -> str:
    return f"{tenant}:{run}"


LATEST = "WHERE thread_id = %s AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1"


def asked_for_latest(lease: Lease) -> Callable[[], CheckpointTuple | None]:
    """Ask for the run's latest checkpoint in the caller's transaction, which is the tenant's, and read it later."""
    cursor = psycopg.Cursor(django_connection.connection, row_factory=dict_row)
    cursor.execute(PostgresSaver.SELECT_SQL + LATEST, [thread_id(lease.tenant, lease.run)], binary=True)

    def read() -> CheckpointTuple | None:
        row = cursor.fetchone()
        return row and RunSaver(engine_pool(), lease)._load_checkpoint_tuple(row)

    return read


class _Recorder:
    """Stands in for a cursor: what the parent class would execute is kept for the next save."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = statements

    def execute(self, query: str, row: Sequence[Any]) -> None:
        self._statements.append((query, row))

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        self._statements += [(query, row) for row in rows]


def in_bulk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """The same rows in one statement. A task's writes that may replace others keep their order, one by one, before
    that: one statement must not touch a row twice."""
    rows: dict[str, list[Sequence[Any]]] = {}
    apart = sum(query in WRITES for query, _ in statements) > 1
    for query, row in statements:
        if apart and query == UPSERT_CHECKPOINT_WRITES_SQL:
            yield query, row
        else:
            rows.setdefault(query, []).append(row)
    if rows:
        counts = tuple((query, len(several)) for query, several in rows.items())
        yield _together(counts), [value for several in rows.values() for row in several for value in row]


@lru_cache(maxsize=256)
def _together(counts: tuple[tuple[str, int], ...]) -> str:
    *others, last = [_with_rows(query, count) for query, count in counts]
    parts = ", ".join(f"part_{number} AS ({each})" for number, each in enumerate(others))
    return f"WITH {parts} {last}" if others else last


def _with_rows(query: str, count: int) -> str:
    values = ONE_ROW.search(query)
    assert values is not None, query
    return query.rstrip("; \n").replace(values.group(), ", ".join([values.group()] * count))


@dataclass(frozen=True)
class Unsure:
    """A save whose answer was lost with the connection: it is stored as a whole, or not at all."""

    statements: list[Statement]
    events: list[Event]
    spent: Spent


class RunSaver(PostgresSaver):
    """One run's saver. Every save checks the lease in its own transaction and raises StaleLease once it is lost."""

    def __init__(self, pool: Pool, lease: Lease, *, sequential: bool = True, holds: bool = False) -> None:
        super().__init__(pool, serde=_shared_serializer())
        self.pool = pool
        self.lease = lease
        self.sequential = sequential
        self.holds = holds
        self.events: list[Event] = []
        self.spent = Spent()
        self.saved_at = time.monotonic()
        self._change = NONE
        self._statements: list[Statement] = []
        self._progress = False
        self._unsure: Unsure | None = None
        self._latest: list[CheckpointTuple | None] = []
        self.saving = threading.RLock()

    @property
    def config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": thread_id(self.lease.tenant, self.lease.run), "checkpoint_ns": ""}}

    # -- what the graph calls

    def put(self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata,
            new_versions: ChannelVersions) -> RunnableConfig:
        with self.saving:
            if self.sequential:  # the step's writes that are still here: this checkpoint holds what they say
                self._statements = [each for each in self._statements if each[0] not in WRITES]
            stored = super().put(config, checkpoint, metadata, new_versions)
            if metadata.get("step", 1) > 0:
                self._progress = True
                if not self.holds:
                    self.flush()
            return stored

    def put_writes(self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str,
                   task_path: str = "") -> None:
        with self.saving:
            super().put_writes(config, writes, task_id, task_path)
            interrupts = any(name == INTERRUPT for name, _ in writes)
            self._progress = self._progress or interrupts
            if not self.sequential or (interrupts and not self.holds):
                self.flush()

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The thread's latest checkpoint; what it begins from is not read again."""
        return self._latest.pop() if self._latest else super().get_tuple(config)

    def with_allowlist(self, extra_allowlist: object) -> RunSaver:
        """Itself: no graph's state brings in a class of its own. (The parent's answer is a copy, which would keep back
        other statements than this one.)"""
        return self

    # -- what the engine calls

    def tell(self, kind: str, node: str, data: dict[str, Any]) -> None:
        """Have an event go out with the next save. It names the epoch that it is written under."""
        with self.saving:
            self.events.append(Event(kind, node, {**data, "epoch": self.lease.epoch}))

    def begin(self, kind: str, change: Change) -> None:
        """Have the next save say that the run goes on, and what that changes."""
        self.tell(kind, "", {})
        self._change = change

    def go_on_from(self, latest: CheckpointTuple | None) -> None:
        """Have the graph start from this checkpoint, which has been read already."""
        self._latest = [latest]

    @property
    def claims(self) -> int:
        """Claims since the last progress, with what is held back."""
        return 0 if self._progress else self.lease.claims

    def save_here(self, *events: Event, change: Change = NONE) -> None:
        """Write what is kept back, these events, and what becomes of the run, in the caller's transaction, which holds
        the lease."""
        with self.saving:
            self._settle_doubt()
            cursor = psycopg.Cursor(django_connection.connection)
            for query, parameters in in_bulk(self._statements):
                cursor.execute(query, parameters)
            push()
            change = replace(change, columns={**self._change.columns, **change.columns})
            record(self.lease.tenant, self.lease.run, *self.events, *events, spent=self.spent, change=change)
            transaction.on_commit(self._forget)

    def _forget(self) -> None:
        self._statements, self.events, self.spent, self._change = [], [], Spent(), NONE
        self._progress = False
        self.saved_at = time.monotonic()

    def flush(self) -> None:
        """Send what is kept back in one transaction that holds the lease. Raises StaleLease, having written nothing."""
        with self.saving:
            if not (self._statements or self.events or self.spent):
                return
            self.lease.check()
            self._settle_doubt()
            statements, events, spent, progress = self._statements, self.events, self.spent, self._progress
            try:
                seqs = self._send(statements, events, spent, progress=progress)
            except psycopg.OperationalError:
                self._unsure = Unsure([*statements], [*events], replace(spent))
                raise
            self._forget()
            self.lease.claims = 0 if progress else self.lease.claims
            live.publish(self.lease.tenant, self.lease.run, [{"event": m} for m in numbered(events, seqs)])

    def _settle_doubt(self) -> None:
        """Where the last save's answer was lost, and yet it is stored (its first event says so), it is not sent again:
        what was spent would count twice."""
        unsure = self._unsure
        if unsure is None:
            return
        stored = bool(unsure.events) and self._is_stored(unsure.events[0])
        self._unsure = None  # not before the database has answered
        if not stored:
            return
        sent = {id(each) for each in unsure.statements}
        self._statements = [each for each in self._statements if id(each) not in sent]
        self.events = self.events[len(unsure.events):]
        self.spent, self._change = self.spent.without(unsure.spent), NONE

    def _is_stored(self, event: Event) -> bool:
        with self._cursor() as cursor:
            return cursor.execute("SELECT 1 AS found FROM workflows_runevent WHERE tenant_id = %s AND id = %s",
                                  [self.lease.tenant, event.id]).fetchone() is not None

    def _send(self, statements: list[Statement], events: list[Event], spent: Spent, *, progress: bool) -> list[int]:
        with self.pool.connection() as connection, refused_when_stale(self.lease):
            try:
                # Not `connection.transaction()`, which waits for its BEGIN and its COMMIT: everything goes at once.
                with together(connection):
                    connection.execute("BEGIN")
                    self._open(connection, progress=progress)
                    cursor = connection.cursor(binary=True)
                    for query, parameters in in_bulk(statements):
                        cursor.execute(query, parameters)
                    if events or spent:
                        written = connection.execute(*writing(
                            tenant=self.lease.tenant, run=self.lease.run, events=events, spent=spent,
                            change=self._change))
                    connection.execute("COMMIT")
            except psycopg.Error:
                connection.rollback()
                raise
            return [row["seq"] for row in written.fetchall()] if events else []

    def _open(self, connection: Connection[DictRow], *, progress: bool) -> None:
        connection.execute("SELECT set_config('app.tenant_id', %s, true), set_config('lock_timeout', %s, true), "
                           "workflows_hold_lease(%s, %s, %s)",
                           [str(self.lease.tenant), LOCK_PATIENCE, self.lease.run, self.lease.epoch, progress])

    @contextmanager
    def _cursor(self, *, pipeline: bool = False) -> Iterator[Cursor[DictRow]]:
        """The parent class writes through pipelined cursors, and reads through plain ones."""
        if pipeline:
            yield _Recorder(self._statements)
            return
        with self.pool.connection() as connection, together(connection), connection.transaction():
            connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(self.lease.tenant)])
            yield connection.cursor(binary=True)
