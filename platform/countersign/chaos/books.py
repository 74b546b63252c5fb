"""What the database says when nobody may argue: read as `backup`, which sees every tenant and may write nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from countersign.database.presence import PRESENT

#: What the engine writes about a run: within a step, when it takes the run on, when it lets go of it.
WORK = ("step.started", "step.completed", "step.failed", "text", "tool.called", "tool.outcome")
CLAIMS = ("run.started", "run.resumed")
LETTING_GO = ("run.retrying", "run.released", "run.held", "gate.opened", "run.completed", "run.failed")


class Books:
    """`url` signs in as `backup`. Every question is a connection of its own: the database is restarted now and then."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        options = "-c default_transaction_read_only=on"
        with psycopg.connect(self._url, options=options, row_factory=dict_row, autocommit=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def number(self, query: str, parameters: Any = None) -> int:
        return next(iter(self.ask(query, parameters)[0].values()))

    def held(self) -> list[dict[str, Any]]:
        """Leases that somebody holds just now: `run`, `epoch`, and whether that worker is `gone`."""
        return self.ask(f"""
            WITH {PRESENT}
            SELECT subject_id::text AS run, epoch, holder NOT IN (SELECT holder FROM present) AS gone
            FROM doorbells_lease WHERE expires_at IS NOT NULL""")

    def next_events(self, runs: Iterable[str], after: datetime) -> dict[str, datetime]:
        """The time of each run's first event after a moment."""
        rows = self.ask("SELECT run_id::text AS run, min(at) AS at FROM workflows_runevent "
                        "WHERE run_id = ANY(%s::uuid[]) AND at > %s GROUP BY run_id", [list(runs), after])
        return {row["run"]: row["at"] for row in rows}

    def statuses(self) -> dict[str, dict[str, Any]]:
        """Every run there is, by id: its `status`, `attention_reason`, `recipient` and `error`."""
        rows = self.ask("SELECT id::text, status, attention_reason, error, input->'recipients'->>0 AS recipient "
                        "FROM workflows_run")
        return {row["id"]: row for row in rows}

    def doubled_decisions(self) -> int:
        """Requests that settled, or heard the same person, more than once."""
        return self.number("""
            SELECT (SELECT count(*) FROM (SELECT FROM approvals_decision
                                          GROUP BY request_id, user_id HAVING count(*) > 1) AS twice)
                 + (SELECT count(*) FROM (SELECT FROM tenants_auditentry WHERE action = 'decision.made'
                                          GROUP BY subject_id HAVING count(*) > 1) AS twice)
                 + (SELECT count(*) FROM (SELECT FROM workflows_runevent WHERE kind = 'gate.settled'
                                          GROUP BY data->>'request' HAVING count(*) > 1) AS twice)""")

    def attentions(self) -> dict[str, int]:
        """How many runs ever rested for each reason."""
        rows = self.ask("SELECT data->>'reason' AS reason, count(DISTINCT run_id) AS runs FROM workflows_runevent "
                        "WHERE kind = 'run.needs_attention' GROUP BY 1 ORDER BY 1")
        return {row["reason"]: row["runs"] for row in rows}

    def stale_writes(self) -> list[str]:
        """What somebody wrote into a run who did not hold it, in words."""
        events = self.ask("""
            SELECT run_id::text AS run, seq, kind, (data->>'epoch')::bigint AS epoch, data->>'execution' AS execution,
                data->>'reason' AS reason
            FROM workflows_runevent ORDER BY run_id, seq""")
        return list(_stale(events))


def _stale(events: Iterable[dict[str, Any]]) -> Iterable[str]:
    """A run's events tell who held it: each claim names its epoch, each step's events name the epoch they were
    written under, and whatever lets go of the run ends that. Numbers without a gap show that none is missing."""
    run, seq, holder, newest = "", 0, None, 0
    for event in events:
        if event["run"] != run:
            run, seq, holder, newest = event["run"], 0, None, 0
        where = f"run {run}, event {event['seq']} ({event['kind']})"
        if event["seq"] != seq + 1:
            yield f"{where} follows {seq}"
        seq = event["seq"]
        if event["kind"] in CLAIMS:
            if event["epoch"] <= newest:
                yield f"{where}: epoch {event['epoch']} after {newest}"
            holder = newest = event["epoch"]
        elif event["kind"] in WORK or event["kind"] in LETTING_GO:
            wrote = int(event["execution"].rpartition("-")[2]) if event["execution"] else holder
            if holder is None or wrote != holder:
                yield f"{where}: written under epoch {wrote} while {holder or 'nobody'} held the run"
            if event["kind"] in LETTING_GO:
                holder = None
        elif event["kind"] == "run.needs_attention":
            if holder is None and event["reason"] != "quarantined":  # which a claim says by itself
                yield f"{where}: nobody held the run"
            holder = None
