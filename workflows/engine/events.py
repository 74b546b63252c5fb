"""A run's events and counters, written by one statement whoever writes them: the engine's saves, or a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from countersign.clock import now
from countersign.database.statements import asked
from countersign.ids import new_id
from workflows.engine import live


@dataclass(frozen=True)
class Event:
    kind: str
    node: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)
    at: datetime = field(default_factory=now)

    def row(self, order: int) -> dict[str, Any]:
        return {"ord": order, "id": str(self.id), "kind": self.kind, "node": self.node, "data": self.data,
                "at": self.at.isoformat()}

    def numbered(self, seq: int) -> dict[str, Any]:
        """As clients see it."""
        return {"seq": seq, "kind": self.kind, "node": self.node, "data": self.data, "at": self.at.isoformat()}


@dataclass
class Spent:
    """What a run used up since it was last written down."""

    steps: int = 0
    revision: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)
    seconds: float = 0.0

    def __bool__(self) -> bool:
        return self != Spent()

    def without(self, stored: Spent) -> Spent:
        return Spent(self.steps - stored.steps, self.revision, self.tokens_in - stored.tokens_in,
                     self.tokens_out - stored.tokens_out, self.cost - stored.cost, self.seconds - stored.seconds)


# The run's row is the counter: its lock orders everybody's events, and a rolled-back event leaves no gap. Nothing more
# happens in a run that has ended: whoever comes too late writes nothing. `attempts` counts tries at one step.
WRITE = """
    WITH run AS (
        UPDATE workflows_run SET
            event_seq = event_seq + %(count)s, steps = steps + %(steps)s, revision = GREATEST(revision, %(revision)s),
            tokens_in = tokens_in + %(tokens_in)s, tokens_out = tokens_out + %(tokens_out)s, cost = cost + %(cost)s,
            active_seconds = active_seconds + %(seconds)s,
            attempts = CASE WHEN %(anew)s OR %(steps)s > 0 THEN 0 ELSE attempts END + %(tried)s{columns}
        WHERE tenant_id = %(tenant)s AND id = %(run)s AND ended_at IS NULL{conditions}
        RETURNING event_seq)
    INSERT INTO workflows_runevent (id, tenant_id, run_id, seq, kind, node, data, at)
    SELECT event.id, %(tenant)s, %(run)s, run.event_seq - %(count)s + event.ord, event.kind, event.node, event.data,
        event.at
    FROM run, jsonb_to_recordset(%(events)s)
        AS event(ord int, id uuid, kind text, node text, data jsonb, at timestamptz)
    RETURNING seq"""


@dataclass(frozen=True)
class Change:
    """What becomes of the run's row besides its counters: columns, and whether this was a try at a step in vain
    (`tried`), or the next one is the first (`anew`). Nothing, unless the columns in `only` are as that says."""

    columns: dict[str, Any] = field(default_factory=dict)
    tried: bool = False
    anew: bool = False
    only: dict[str, Any] = field(default_factory=dict)


NONE = Change()


def writing(*, tenant: UUID, run: UUID, events: Sequence[Event], spent: Spent,
            change: Change = NONE) -> tuple[str, dict[str, Any]]:
    """The statement that writes all of it, which answers with the events' numbers, and its parameters."""
    return _write(tuple(change.columns), tuple(change.only)), {
        "tenant": tenant, "run": run, "count": len(events), "steps": spent.steps, "revision": spent.revision,
        "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out, "cost": spent.cost, "seconds": spent.seconds,
        "events": Jsonb([event.row(order) for order, event in enumerate(events, 1)]),
        "anew": change.anew, "tried": int(change.tried), **change.columns,
        **{f"only_{name}": value for name, value in change.only.items()}}


@cache
def _write(columns: tuple[str, ...], only: tuple[str, ...]) -> str:
    return WRITE.format(columns="".join(f", {name} = %({name})s" for name in columns),
                        conditions="".join(f" AND {name} = %(only_{name})s" for name in only))


def numbered(events: Sequence[Event], seqs: Sequence[int]) -> list[dict[str, Any]]:
    """As clients see them; none if they came too late."""
    return [] if not seqs else [event.numbered(seq) for event, seq in zip(events, sorted(seqs), strict=True)]


def record(tenant: UUID, run: UUID, *events: Event, spent: Spent | None = None,
           change: Change = NONE) -> Callable[[], list[int]]:
    """Append events and change the run in the caller's transaction, unless it has ended, and tell whoever watches once
    that has committed. The events' numbers can be read later: none, if nothing was written."""
    written = asked(*writing(tenant=tenant, run=run, events=events, spent=spent or Spent(), change=change))
    seqs = cache(lambda: [seq for (seq,) in written()])
    transaction.on_commit(lambda: live.publish(tenant, run, [
        {"event": each} for each in numbered(events, seqs())]), robust=True)
    return seqs
