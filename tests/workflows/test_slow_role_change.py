"""One team's change of rights may take long. Its own gates wait for it; other teams' runs, and all leases, do not."""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connection

from countersign.database.context import tenant_context
from countersign.doorbells.models import Lease as LeaseRow
from countersign.doorbells.services import ring
from countersign.ids import new_id
from tests.workflow_stage import Stage, signed_in_as
from workflows.engine import claims
from workflows.engine import lease as leases
from workflows.engine.dispatcher import NOBODY
from workflows.engine.lease import Heart
from workflows.engine.saver import RunSaver

pytestmark = pytest.mark.django_db(transaction=True)

#: Sooner than any lock is given up but by those who do not wait for it: one would wait for half a minute, or for ever.
SOON = 10.0


@contextlib.contextmanager
def another_transaction(*statements: tuple[str, list]):
    """Somebody else's, which holds what these statements lock until the block ends."""
    database = connection.settings_dict
    with psycopg.connect(f"postgresql://owner@/{database['NAME']}?host={database['HOST']}") as other:
        for statement, parameters in statements:
            other.execute(statement, parameters)
        yield
        other.rollback()


def changing_roles(tenant):
    return another_transaction(("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                                [f"approvals.access:{tenant.id}"]))


def locking_lease(run):
    return another_transaction(("SELECT FROM doorbells_lease WHERE subject_id = %s FOR UPDATE", [run]))


def locking_run(tenant, run):
    return another_transaction(("SELECT set_config('app.tenant_id', %s, true)", [str(tenant.id)]),
                               ("SELECT FROM workflows_run WHERE id = %s FOR UPDATE", [run]))


def take(tenant, run):
    with tenant_context(tenant.id):
        ring("run", tenant_id=tenant.id, subject_id=run)
        return leases.take("run", tenant.id, run)


def expires(lease):
    return LeaseRow.objects.get(subject_id=lease.run).expires_at


@pytest.fixture
def other(stage, make_tenant, make_member) -> Stage:
    return Stage.set_up(make_tenant("bold"), make_member)


def test_a_gate_that_cannot_open_yet_lets_go_and_is_tried_again(stage, host):
    run = stage.start()
    with changing_roles(stage.tenant):
        began = time.monotonic()
        run = stage.turn(run)
        assert time.monotonic() - began < SOON
        assert (run.status, run.error["code"], run.attempts) == ("queued", "database_busy", 0)
        assert stage.request(run) is None
    stage.hurry(run)
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"], "nothing was paid for again"


def test_while_a_gate_waits_its_lease_is_free_for_the_heart(stage):
    """The lock that others hold for long comes first, so that nobody waits behind the lease."""
    run = stage.start()
    free = threading.Event()

    def look() -> None:
        database = connection.settings_dict
        with psycopg.connect(f"postgresql://owner@/{database['NAME']}?host={database['HOST']}",
                             autocommit=True) as looker:
            for _ in range(200):
                if looker.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
                    with contextlib.suppress(psycopg.errors.LockNotAvailable):
                        looker.execute("SELECT FROM doorbells_lease WHERE subject_id = %s FOR UPDATE NOWAIT", [run.id])
                        free.set()
                    return
                time.sleep(0.01)

    looking = threading.Thread(target=look)
    with changing_roles(stage.tenant):
        looking.start()
        stage.turn(run)
        looking.join(10)
    assert free.is_set()


def test_a_locked_lease_does_not_keep_the_others_from_being_renewed(stage, other):
    with signed_in_as("engine"):
        stuck, free = take(stage.tenant, new_id()), take(other.tenant, new_id())
        heart = Heart()
        heart.beat_for(stuck)
        heart.beat_for(free)
        before = expires(stuck), expires(free)
        with locking_lease(stuck.run):
            began = time.monotonic()
            heart.renew()
            assert time.monotonic() - began < SOON
            assert expires(free) > before[1]
            assert not stuck.lost.is_set(), "who is locked is held still"
        heart.renew()
        assert expires(stuck) > before[0]
        heart.forget(stuck)
        heart.forget(free)


def test_claims_go_on_past_a_lease_and_a_run_that_somebody_has_locked(stage, other):
    """Tenant by tenant the dispatcher passes what it cannot have just now."""
    first, second = sorted((stage, other), key=lambda each: each.tenant.id)
    [run, next_run], [others] = first.start_many(2), second.start_many(1)
    with signed_in_as("engine"):
        lease = take(first.tenant, run.id)
        LeaseRow.objects.filter(subject_id=run.id).update(expires_at=None)
        with tenant_context(first.tenant.id):
            ring("run", tenant_id=first.tenant.id, subject_id=run.id)
        began = time.monotonic()
        with locking_lease(lease.run):
            tenant, (claimed, *_), _ = claims.claim_next(after=NOBODY)
            assert (tenant, claimed.run) == (first.tenant.id, next_run.id)
            tenant, (claimed, *_), _ = claims.claim_next(after=tenant)
            assert (tenant, claimed.run) == (second.tenant.id, others.id)
        with locking_run(first.tenant, run.id):
            tenant, (claimed, *_), _ = claims.claim_next(after=NOBODY)
            assert claimed.run == run.id
        assert time.monotonic() - began < 2 * SOON


def test_a_save_waits_only_a_moment_for_a_run_that_somebody_has_locked(stage, pool):
    """One thread stores what all of a worker's slow calls wait with."""
    run = stage.start()
    with signed_in_as("engine"):
        saver = RunSaver(pool, claims.claim(stage.tenant.id, run.id).lease, holds=True)
        saver.tell("step.started", "draft", {})
        with locking_run(stage.tenant, run.id):
            began = time.monotonic()
            with pytest.raises(psycopg.OperationalError):
                saver.flush()
            assert time.monotonic() - began < SOON
        saver.flush()
    assert [event.node for event in stage.events(run, "step.started")] == ["draft"]


def test_a_named_run_whose_lease_is_locked_is_not_waited_for(stage):
    run = stage.start()
    with signed_in_as("engine"):
        assert claims.claim(stage.tenant.id, run.id)
        with tenant_context(stage.tenant.id):
            ring("run", tenant_id=stage.tenant.id, subject_id=run.id)
        began = time.monotonic()
        with locking_lease(run.id), pytest.raises(OperationalError):
            claims.claim(stage.tenant.id, run.id)
        assert time.monotonic() - began < SOON
