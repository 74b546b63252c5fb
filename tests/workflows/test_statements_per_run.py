"""What a run asks of the database is counted, not timed: one statement more in a step is seen here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from approvals.services import record_decision

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Said:
    """Statements that change or read rows, and transactions that were committed."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def hear(self, query: object) -> None:
        words = " ".join(str(query).split())
        if words == "COMMIT":
            self.commits += 1
        elif words != "BEGIN" and "AS mine(run, epoch)" not in words:  # the heart beats when it will
            self.statements.append(words)


@pytest.fixture
def listening(monkeypatch) -> Callable[[], Iterator[Said]]:
    within = threading.local()
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    @contextmanager
    def listen() -> Iterator[Said]:
        said = Said()

        def heard(cursor, query, *arguments, **options):
            if not getattr(within, "statement", False):
                said.hear(query)
            within.statement = True
            try:
                return execute(cursor, query, *arguments, **options)
            finally:
                within.statement = False

        def committed(connection):
            said.commits += connection.info.transaction_status == TransactionStatus.INTRANS
            return commit(connection)

        with monkeypatch.context() as patched:
            patched.setattr(psycopg.Cursor, "execute", heard)
            patched.setattr(psycopg.Connection, "commit", committed)
            yield said

    return listen


def test_a_run_costs_so_many_statements_and_transactions(stage, listening, monkeypatch):
    """To the gate: claim, gate. To the end: claim, end."""
    from tenants.audit import Actor
    from tests.workflow_stage import INPUT, signed_in_as
    from workflows.engine.turn import take_turn
    from workflows.services.runs import start_run

    monkeypatch.setattr("workflows.engine.pulse.SECONDS", 60)  # no call is slow, however slow the machine
    stage.turn(stage.start())  # the version is read once a process
    with signed_in_as("web"), stage.context():
        run = start_run(template=stage.template, run_input=INPUT, actor=Actor.of(stage.editor), started_by=stage.editor)
    with signed_in_as("engine"), listening() as to_the_gate:
        take_turn(stage.tenant.id, run.id)
    request = stage.request(run)
    with signed_in_as("web"), listening() as decision, stage.context():
        record_decision(request=request, by=stage.editor, verdict="approve", revision=request.revision,
                        plan_hash=request.plan_hash)
    with signed_in_as("engine"), listening() as to_the_end:
        take_turn(stage.tenant.id, run.id)
    assert stage.read(run).status == "completed"
    phases = {"to the gate": to_the_gate, "decision": decision, "to the end": to_the_end}
    counts = {name: (len(said.statements), said.commits) for name, said in phases.items()}
    assert counts == {"to the gate": (14, 2), "decision": (7, 1), "to the end": (10, 2)}, "\n".join(
        f"{name}: {words[:110]}" for name, said in phases.items() for words in said.statements)
