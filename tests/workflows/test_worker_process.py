"""The worker and the scheduler as processes, each signed in as the engine."""

from __future__ import annotations

import signal
import time

import pytest
from django.db import connection

from tests.workflow_stage import signed_in_as, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_goes_its_way_through_worker_and_scheduler(stage, start, host):
    """Nobody rings: the scheduler finds the outbox row, the worker works, twice."""
    run = stage.start()
    start("worker", "--threads", "2")
    start("scheduler")
    wait_for(lambda: stage.read(run).status == "waiting")
    stage.decide(run)
    wait_for(lambda: stage.read(run).status == "completed")
    assert len(host.effects) == 2


def test_a_killed_workers_run_is_taken_up_by_another(stage, start, host):
    host.pause = 0.5
    run = stage.start()
    worker = start("worker", "--threads", "2")
    start("scheduler")
    wait_for(lambda: host.prompts)
    worker.send_signal(signal.SIGKILL)
    host.pause = 0
    start("worker", "--threads", "2")
    wait_for(lambda: stage.read(run).status == "waiting")
    assert [event.node for event in stage.events(run, "step.completed")] == ["draft", "check"]


def test_a_worker_that_is_asked_to_stop_lets_go_of_its_run_after_the_step(stage, start, host):
    host.pause = 0.3
    run = stage.start()
    worker = start("worker", "--threads", "2")
    wait_for(lambda: host.prompts)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    run = stage.read(run)
    assert (run.status, run.steps) == ("queued", 1)
    assert stage.outbox(run)


@pytest.mark.parametrize("role", ["owner", "web", "postgres"])
@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_a_process_refuses_another_role_than_its_own(start, command, role, pool):
    process = start(command, role=role)
    assert process.wait(60) != 0
    assert "refuses to start" in process.log.read_text()


def test_one_of_two_schedulers_leads_and_the_other_takes_over(start, pool):
    def leads() -> int:
        with signed_in_as("owner"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                           "AND objid::bigint = hashtext('countersign.scheduler')::bigint & 4294967295 "
                           "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
            return cursor.fetchone()[0]

    wait_for(lambda: leads() == 0)  # an earlier test's scheduler was killed: the database notices in a moment
    first = start("scheduler")
    wait_for(lambda: leads() == 1)
    start("scheduler")
    time.sleep(1)
    assert leads() == 1
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    wait_for(lambda: leads() == 1)
