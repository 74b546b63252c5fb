"""What the database says when nobody may argue: read as `backup`, which sees every tenant and may write nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from countersign.database.presence import PRESENT
from countersign.scheduling import LEADER

#: What is said of a run by who need not hold it; and with what the engine lets go of it.
BY_ANYBODY = ("run.queued", "run.cancelled", "run.rejected", "gate.settled")
LETTING_GO = ("run.retrying", "run.released", "run.held", "gate.opened", "run.completed", "run.failed",
              "run.needs_attention")

#: What happened twice that happens once, each as the rows that say so. Their guards are unique indexes, row locks and
#: the lease; what is counted are the traces that a guard would leave that let something through.
TWICE = {
    "a person heard twice": """
        SELECT FROM approvals_decision GROUP BY request_id, user_id HAVING count(*) > 1""",
    "a decision noted twice": """
        SELECT FROM tenants_auditentry WHERE action = 'decision.made' GROUP BY subject_id HAVING count(*) > 1""",
    "a request settled twice": """
        SELECT FROM workflows_runevent WHERE kind = 'gate.settled'
        GROUP BY data->>'request' HAVING count(*) > 1""",
    "a gate passed twice on one request": """
        SELECT FROM workflows_runevent WHERE kind = 'step.completed' AND data->>'type' = 'approval'
        GROUP BY data->>'request' HAVING count(*) > 1""",
    "a run with other drafts than were asked for": """
        SELECT FROM workflows_run AS run, LATERAL (
            SELECT count(*) FILTER (WHERE data->>'type' = 'worker') AS drafts,
                count(*) FILTER (WHERE data->>'type' = 'supervisor' AND data->'verdict'->>'verdict' = 'revise'
                    AND (data->>'judged_revision')::int <= (run.limits->>'revisions')::int) AS sent_back
            FROM workflows_runevent WHERE run_id = run.id AND kind = 'step.completed') AS did, LATERAL (
            SELECT count(*) AS changes FROM approvals_decision AS decision
            JOIN approvals_approvalrequest AS request ON request.id = decision.request_id
            WHERE request.subject_id = run.id AND decision.verdict = 'request_changes') AS people
        WHERE run.status IN ('completed', 'rejected') AND drafts <> 1 + sent_back + changes""",
    "a grant used twice": """
        SELECT FROM tenants_auditentry WHERE action = 'grant.consumed'
        GROUP BY body::jsonb->'data'->>'grant' HAVING count(*) > 1""",
    "a planned call done twice": """
        SELECT FROM toolserver_ledgerentry AS entry LEFT JOIN tenants_auditentry AS noted
            ON noted.subject_id = entry.id AND noted.action = 'tool_call.done'
        WHERE entry.state = 'done' GROUP BY entry.request_id, entry.call_id HAVING count(*) > 1""",
}


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

    def working(self) -> set[str]:
        """By which names (`countersign worker <pid>`) the processes that hold runs just now are signed in."""
        rows = self.ask("""
            SELECT DISTINCT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
            JOIN doorbells_lease ON holder = classid::bigint << 32 | objid::bigint
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND expires_at IS NOT NULL""")
        return {row["application_name"] for row in rows}

    def leader(self) -> str | None:
        """By which name the scheduler that leads just now is signed in."""
        rows = self.ask("SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
                        "WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database "
                        "WHERE datname = current_database()) AND objid::bigint = hashtext(%s)::bigint & 4294967295",
                        [LEADER])
        return rows[0]["application_name"] if rows else None

    def unfinished(self) -> set[str]:
        """The runs that a worker has to go on with."""
        rows = self.ask("SELECT id::text FROM workflows_run WHERE status IN ('queued', 'running')")
        return {row["id"] for row in rows}

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

    def doubled_decisions(self) -> dict[str, int]:
        """What was decided, or followed from a decision, more than once: how often, by what it is. Empty if nothing."""
        counts = {what: self.number(f"SELECT count(*) FROM ({rows}) AS twice") for what, rows in TWICE.items()}
        return {what: count for what, count in counts.items() if count}

    def attentions(self) -> dict[str, int]:
        """How many runs ever rested for each reason."""
        rows = self.ask("SELECT data->>'reason' AS reason, count(DISTINCT run_id) AS runs FROM workflows_runevent "
                        "WHERE kind = 'run.needs_attention' GROUP BY 1 ORDER BY 1")
        return {row["reason"]: row["runs"] for row in rows}

    def stale_writes(self) -> list[str]:
        """What somebody wrote into a run who did not hold it, in words."""
        events = self.ask("SELECT run_id::text AS run, seq, kind, (data->>'epoch')::bigint AS epoch "
                          "FROM workflows_runevent ORDER BY run_id, seq")
        return list(_stale(events))


def _stale(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A run's events tell who held it: whatever the engine writes names the epoch it was written under. Epochs only
    rise, and under one that has let go of the run nothing more is written. Numbers without a gap show that no event is
    missing. (Who took the run over is seen from its first save on: what a stale worker wrote before that shows in what
    the run did twice.)"""
    run, seq, epoch, let_go = "", 0, 0, False
    for event in events:
        if event["run"] != run:
            run, seq, epoch, let_go = event["run"], 0, 0, False
        where = f"run {run}, event {event['seq']} ({event['kind']})"
        if event["seq"] != seq + 1:
            yield f"{where} follows {seq}"
        seq = event["seq"]
        if event["epoch"] is None:
            if event["kind"] not in BY_ANYBODY:
                yield f"{where} names no epoch"
            continue
        if event["epoch"] < epoch or (event["epoch"] == epoch and let_go):
            yield f"{where}: written under epoch {event['epoch']}, after {epoch}{' had let go' if let_go else ''}"
        epoch, let_go = max(epoch, event["epoch"]), event["kind"] in LETTING_GO
