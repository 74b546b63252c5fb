"""Statements of a pipelined block go out together, and say what went wrong as if they had not."""

from __future__ import annotations

import time

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from psycopg.pq import TransactionStatus

from countersign.database.pipelines import MOST_KEPT
from countersign.database.statements import ask, asked, pipelined, pipelined_transaction, push, tell

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = "CREATE TEMPORARY TABLE numbers (number int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)"


def sent() -> bool:
    return connection.connection.info.transaction_status != TransactionStatus.IDLE


def test_nothing_is_sent_until_an_answer_is_read():
    with pipelined():
        one, two = asked("SELECT 1"), asked("SELECT 2")
        assert not sent(), "psycopg sends each statement unless its pipeline says otherwise"
        assert (two(), one()) == ([(2,)], [(1,)])
        three = asked("SELECT 3")
    assert three() == [(3,)]


def test_many_do_not_pile_up():
    with pipelined():
        for _ in range(MOST_KEPT + 1):
            tell("SELECT 1")
        assert sent()


@pytest.mark.parametrize("last", [tell, ask], ids=["at the end", "to whoever reads an answer after it"])
def test_a_fault_shows_and_leaves_the_connection_usable(last):
    reached: list[str] = []

    def divide() -> None:
        with pipelined():
            tell("SELECT 1 / %s", [0])
            reached.append("the next statement")
            last("SELECT 2")

    with pytest.raises(DataError):
        divide()
    assert (reached, ask("SELECT 3")) == (["the next statement"], [(3,)])


def test_a_fault_of_what_was_pushed_is_what_the_next_reader_hears():
    def divide() -> None:
        with pipelined():
            tell("SELECT 1 / %s", [0])
            push()
            time.sleep(0.1)  # its answer is there, those of the next two are not
            tell("SELECT 2")
            ask("SELECT 3")

    with pytest.raises(DataError):
        divide()
    assert ask("SELECT 3") == [(3,)]


def test_a_transactions_commit_goes_out_with_its_statements():
    tell(NUMBERS)
    told: list[str] = []
    with pipelined_transaction():
        tell("INSERT INTO numbers VALUES (1)")
        transaction.on_commit(lambda: told.append("committed"))
    assert (ask("SELECT number FROM numbers"), told) == ([(1,)], ["committed"])
    assert connection.connection.info.transaction_status == TransactionStatus.IDLE


def test_a_commit_that_fails_is_told_and_nothing_of_it_stays():
    tell(NUMBERS)
    told: list[str] = []

    def insert_twice() -> None:
        with pipelined_transaction():
            tell("INSERT INTO numbers VALUES (1), (2)")
            tell("INSERT INTO numbers VALUES (1)")  # the constraint is looked at by the commit
            transaction.on_commit(lambda: told.append("committed"))

    with pytest.raises(IntegrityError):
        insert_twice()
    assert (ask("SELECT number FROM numbers"), told) == ([], [])


def test_inside_another_transaction_it_commits_nothing():
    tell(NUMBERS)
    with transaction.atomic():
        with pipelined_transaction():
            tell("INSERT INTO numbers VALUES (1)")
        transaction.set_rollback(True)
    assert ask("SELECT number FROM numbers") == []
