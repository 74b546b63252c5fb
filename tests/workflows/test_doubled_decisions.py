"""chaos counts what was decided, or followed from a decision, twice: each count notices the guard broken for it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from countersign.chaos.books import TWICE
from tests.workflow_stage import in_thread_as, signed_in_as
from workflows.engine import events, lease, turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_gate(stage):
    """`at_gate("approve")`: a run whose gate people have settled, and that nobody has gone on with."""
    def play(verdict: str):
        run = stage.turn(stage.start())
        stage.decide(run, verdict, "Lead with the rain.")
        return run

    return play


@pytest.fixture
def resumed_twice(stage, at_gate, monkeypatch):
    """`resumed_twice("approve")`: a worker hears the decision, and another one takes its run over and goes on with it;
    then it goes on, too."""
    def play(verdict: str):
        run, sound = at_gate(verdict), turn.answer_to

        def overtake() -> None:
            stage.forget_worker(run)
            turn.take_turn(stage.tenant.id, run.id)

        def slow(session, gate, stored):
            said = sound(session, gate, stored)
            monkeypatch.setattr(turn, "answer_to", sound)
            for held in turn.heart.held():  # a worker that hangs does not hear that it was overtaken
                turn.heart.forget(held)
            with monkeypatch.context() as patched:
                patched.setattr(turn, "heart", lease.Heart())
                in_thread_as("engine", overtake).join(60)
            return said

        monkeypatch.setattr(turn, "answer_to", slow)
        return stage.turn(run)

    return play


def test_changes_asked_for_and_an_approval_are_no_doubling(stage, at_gate, books):
    run = stage.turn(at_gate("request_changes"))
    stage.decide(run)
    assert stage.turn(run).status == "completed"
    assert books.doubled_decisions() == {}


def test_a_worker_that_is_refused_doubles_nothing(resumed_twice, books):
    assert resumed_twice("approve").status == "completed"
    assert books.doubled_decisions() == {}


def test_a_gate_that_is_passed_twice_is_found_out(no_lease_check, resumed_twice, books, monkeypatch):
    # nothing more would happen in a run that has ended
    monkeypatch.setattr(events, "WRITE", events.WRITE.replace("AND ended_at IS NULL", ""))
    monkeypatch.setattr(events, "_write", events._write.__wrapped__)
    resumed_twice("approve")
    assert books.doubled_decisions() == {"a gate passed twice on one request": 1}


def test_a_draft_too_many_is_found_out(no_lease_check, stage, resumed_twice, books):
    run = resumed_twice("request_changes")
    while run.status != "completed":
        if run.status == "waiting":
            stage.decide(run)
        run = stage.turn(run)
    assert books.doubled_decisions()["a run with other drafts than were asked for"] == 1


@pytest.mark.parametrize(("what", "guard", "table", "again"), [
    ("a person heard twice", "decision_once", "approvals_decision", "verdict = 'approve'"),
    ("a decision noted twice", None, "tenants_auditentry", "action = 'decision.made'"),
    ("a request settled twice", None, "workflows_runevent", "kind = 'gate.settled'")])
def test_what_a_missing_constraint_lets_through_is_found_out(at_gate, stage, what, guard, table, again):
    """All in one transaction, which is undone."""
    at_gate("approve")
    with signed_in_as("owner"), stage.context(), connection.cursor() as cursor:
        def count() -> int:
            cursor.execute(f"SELECT count(*) FROM ({TWICE[what]}) AS twice")
            return cursor.fetchone()[0]

        assert count() == 0
        if guard:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        seq = ", 'seq', seq + 1000" if table == "workflows_runevent" else ""
        cursor.execute(f"INSERT INTO {table} SELECT (jsonb_populate_record(row, jsonb_build_object("
                       f"'id', gen_random_uuid(){seq}))).* FROM {table} AS row WHERE {again}")
        assert count() == 1
        transaction.set_rollback(True)
