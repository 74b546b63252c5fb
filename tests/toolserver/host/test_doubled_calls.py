"""chaos counts grants used twice, and planned calls done twice: counts that a broken gate shows up in."""

from __future__ import annotations

import pytest
from django.db import connection

from approvals.services import grants
from countersign.chaos.books import Books
from toolserver.host import ledger
from toolserver.host.calls import Begun, Outcome, PlannedCall
from toolserver.host.models import LedgerState
from toolserver.host.tenant_process import Tool

LETTER = {"to": ["reader@example.org"], "subject": "News", "body": "Hello"}


@pytest.fixture
def ask(team, as_role):
    """`ask()`: the approved letter is asked for once more, and sent unless the ledger knows what came of it."""
    approved = team.approve([{"id": "send", "tool": "email.send", "schema_hash": "sha256:mail", "arguments": LETTER}])
    call = PlannedCall(team.tenant.id, team.run, Tool("email.send", "sha256:mail", False, False), LETTER,
                       approved.grants["send"], approved.key("send"))

    def again() -> None:
        with as_role("tools"):
            begun = ledger.begin_call(call, holder=1)
            if isinstance(begun, Begun):
                ledger.settle_call(call, begun, Outcome(LedgerState.DONE, result={}), holder=1)

    return again


@pytest.fixture
def books() -> Books:
    database = connection.settings_dict
    return Books(f"postgresql://backup@/{database['NAME']}?host={database['HOST']}")


def test_once_is_once(ask, books):
    ask()
    ask()
    assert books.doubled_decisions() == {}


def test_a_call_that_is_made_again_is_found_out(ask, books, monkeypatch):
    monkeypatch.setattr(ledger, "_next_attempt", ledger._another_attempt)
    ask()
    ask()
    assert books.doubled_decisions() == {"a planned call done twice": 1}


@pytest.fixture
def grants_may_be_marked_again(transactional_db, as_role):
    def say(what: str) -> None:
        with as_role("owner"), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE approvals_grant {what} TRIGGER marked_once")

    say("DISABLE")
    yield
    say("ENABLE")


def test_a_grant_that_is_used_again_is_found_out(ask, books, monkeypatch, grants_may_be_marked_again):
    monkeypatch.setattr(ledger, "_next_attempt", ledger._another_attempt)
    monkeypatch.setattr(ledger, "_refuse_withdrawn", ledger.consume_grant)
    monkeypatch.setattr(grants, "REFUSALS", {})
    ask()
    ask()
    assert books.doubled_decisions() == {"a grant used twice": 1, "a planned call done twice": 1}
