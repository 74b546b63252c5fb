"""What the scheduler rings for again, and how often: a long backlog never floods Redis."""

from __future__ import annotations

from datetime import timedelta

import dramatiq
import pytest
from django.db import connection

from countersign.broker import import_actors, messages_waiting
from countersign.clock import now
from countersign.doorbells.services import RUNG_AT_ONCE, ring_again, ring_for_due
from countersign.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queues():
    """Empty, with actors that have them."""
    import_actors()


def unclaimed(topic: str, count: int, *, seconds_ago: float = 60) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE engine")
        at = now() - timedelta(seconds=seconds_ago)
        cursor.execute("INSERT INTO doorbells_outbox (id, topic, tenant_id, subject_id, due_at, rung_at) "
                       "SELECT gen_random_uuid(), %s, %s, gen_random_uuid(), %s, %s FROM generate_series(1, %s)",
                       [topic, new_id(), at, at, count])


def let_time_pass() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE doorbells_outbox SET rung_at = rung_at - interval '1 minute'")


def test_for_a_thousand_runs_one_ring_does(queues):
    unclaimed("run", 1000)
    for _ in range(5):
        ring_again()
        let_time_pass()
    assert messages_waiting("runs") == 1


def test_a_lost_ring_for_runs_is_rung_again(queues):
    unclaimed("run", 3)
    ring_again()
    dramatiq.get_broker().flush_all()
    let_time_pass()
    ring_again()
    assert messages_waiting("runs") == 1


def test_rings_for_each_fill_the_queue_so_far_and_no_further(queues):
    unclaimed("notice", 3 * RUNG_AT_ONCE)
    for _ in range(5):
        ring_again()
        let_time_pass()
    assert messages_waiting("notify") == RUNG_AT_ONCE


def test_what_was_rung_for_just_now_is_not_rung_for_again(queues):
    unclaimed("notice", 3, seconds_ago=0)
    assert ring_again() == 0


def test_runs_that_nobody_works_on_leave_the_other_queue_its_room(queues):
    unclaimed("run", 1000)
    unclaimed("notice", 5)
    ring_again()
    assert messages_waiting("notify") == 5


def test_what_comes_due_all_at_once_is_rung_for_no_further_than_the_queue_has_room(queues):
    unclaimed("notice", 3 * RUNG_AT_ONCE)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE doorbells_outbox SET rung_at = NULL")
    assert ring_for_due() == 3 * RUNG_AT_ONCE
    assert messages_waiting("notify") == RUNG_AT_ONCE
