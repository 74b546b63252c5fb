"""One worker process, several teams: nobody waits for another team's crowd, and who waits holds nothing."""

from __future__ import annotations

import signal
from collections import Counter

import psutil
import pytest
from django.db import connection

from countersign.embedded.nursery import Born
from tests.workflow_stage import Stage, signed_in_as, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(stage, make_tenant, make_member) -> Stage:
    """A second team with a workflow of its own."""
    return Stage.set_up(make_tenant("bold"), make_member)


def asked_of(host) -> Counter:
    return Counter(host.asked)


def started_before(crowd: list, run, stage: Stage, other: Stage) -> int:
    """How many of the crowd's runs were claimed before this run was."""
    at = other.read(run).started_at
    return sum(started is not None and started < at for started in (stage.read(each).started_at for each in crowd))


def sessions(process: Born) -> Counter:
    """The worker's database sessions by what they do just now."""
    with signed_in_as("owner"), connection.cursor() as cursor:
        cursor.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name = %s AND state IS NOT NULL", [f"countersign worker {process.pid}"])
        return Counter(state for (state,) in cursor.fetchall())


def test_another_teams_run_is_next_whatever_queues_before_it(stage, other, start, host):
    crowd = stage.start_many(30)
    [run] = other.start_many(1)
    start("worker", "--threads", "1", "--turns", "8")
    wait_for(lambda: other.read(run).status == "waiting")
    assert started_before(crowd, run, stage, other) <= 2


def test_who_waits_for_a_model_holds_neither_slot_nor_connection(stage, other, start, host):
    """Forty wait on two threads' worth of work; meanwhile another team's run goes all its way."""
    host.held = {str(stage.tenant.id)}
    crowd = stage.start_many(40)
    worker = start("worker", "--threads", "2", "--turns", "64")
    wait_for(lambda: asked_of(host)[str(stage.tenant.id)] == 40 and stage.statuses(crowd) == {"running": 40})
    during = sessions(worker)
    assert set(during) <= {"idle"}
    assert during.total() <= 2 * (2 + 1) + 1, "a pool each for Django and the engine, and the worker's presence"
    [run] = other.start_many(1)
    wait_for(lambda: other.read(run).status == "waiting")
    other.decide(run)
    wait_for(lambda: other.read(run).status == "completed")
    assert stage.statuses(crowd) == {"running": 40}
    host.held = set()
    wait_for(lambda: stage.statuses(crowd) == {"waiting": 40})


def test_who_waits_for_people_costs_no_thread_and_no_connection(stage, start, host):
    worker = psutil.Process(start("worker", "--threads", "2").pid)
    warming = stage.start_many(1)
    wait_for(lambda: stage.statuses(warming) == {"waiting": 1})
    threads = worker.num_threads()
    crowd = stage.start_many(30)
    wait_for(lambda: stage.statuses(crowd) == {"waiting": 30})
    wait_for(lambda: worker.num_threads() <= threads)


def test_no_team_takes_every_turn(stage, other, start, host):
    """Of 16 turns a team alone takes 14; what is left is for others, who come in although it waits for ever."""
    host.held = {str(stage.tenant.id)}
    crowd = stage.start_many(30)
    start("worker", "--threads", "2", "--turns", "16")
    wait_for(lambda: asked_of(host)[str(stage.tenant.id)] == 14)
    [run] = other.start_many(1)
    wait_for(lambda: other.read(run).status == "waiting")
    wait_for(lambda: stage.statuses(crowd) == {"running": 14, "queued": 16})
    assert asked_of(host)[str(stage.tenant.id)] == 14


def test_what_people_have_decided_on_comes_before_what_is_queued(stage, start, host):
    [decided] = stage.start_many(1)
    first = start("worker", "--threads", "1")
    wait_for(lambda: stage.read(decided).status == "waiting")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    crowd = stage.start_many(30)
    stage.decide(decided)
    host.asked.clear()
    host.held = {str(stage.tenant.id)}
    start("worker", "--threads", "1", "--turns", "8")
    wait_for(lambda: stage.read(decided).status == "completed")
    assert stage.statuses(crowd)["queued"] >= 20


def test_a_worker_that_stops_hands_on_what_does_not_end_in_time(stage, start, host):
    """Neither is a new run claimed, nor does anybody have to wait for the leases to run out."""
    host.held = {str(stage.tenant.id)}
    crowd = stage.start_many(10)
    worker = start("worker", "--threads", "2", "--turns", "8", "--grace", "1")
    wait_for(lambda: asked_of(host)[str(stage.tenant.id)] == 7)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert stage.statuses(crowd) == {"queued": 10}
    assert all(stage.outbox(run) for run in crowd)
    host.held = set()
    start("worker", "--threads", "2")
    wait_for(lambda: stage.statuses(crowd) == {"waiting": 10})
