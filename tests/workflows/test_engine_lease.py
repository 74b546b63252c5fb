"""Leases, the thread that renews them, and the scheduler that misses them."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from psycopg_pool import PoolTimeout

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.database.presence import Presence
from countersign.doorbells.models import Lease as LeaseRow
from countersign.doorbells.models import Outbox
from countersign.doorbells.services import ring
from countersign.ids import new_id
from workflows.duties import requeue_lost_runs
from workflows.engine import lease as leases
from workflows.engine.lease import Heart, StaleLease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(pool, make_tenant, process):
    tenant = make_tenant("acme")
    with process("engine"):
        yield tenant


def take(tenant, run):
    with tenant_context(tenant.id):
        ring("run", tenant_id=tenant.id, subject_id=run)
        return leases.take("run", tenant.id, run)


def expire(run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE doorbells_lease SET expires_at = now() - interval '1 s' WHERE subject_id = %s", [run])


def test_one_worker_at_a_time(tenant):
    run = new_id()
    assert take(tenant, run).epoch == 1
    assert take(tenant, run) is None
    expire(run)
    assert take(tenant, run).epoch == 2


def test_nothing_is_taken_that_nobody_promised(tenant):
    run = new_id()
    with tenant_context(tenant.id):
        assert leases.take("run", tenant.id, run) is None
        ring("run", tenant_id=tenant.id, subject_id=run, due_at=now() + timedelta(seconds=30))
        assert leases.take("run", tenant.id, run) is None
        ring("run", tenant_id=tenant.id, subject_id=run)
        assert leases.take("run", tenant.id, run)
        assert not Outbox.objects.exists(), "what was due later is looked at now, too"


def test_while_another_holds_the_lease_the_promise_stays(tenant):
    run = new_id()
    take(tenant, run)
    assert take(tenant, run) is None
    assert Outbox.objects.filter(subject_id=run).exists()


def test_only_the_hash_of_the_token_is_kept_and_each_claim_has_its_own(tenant):
    run = new_id()
    first = take(tenant, run)
    stored = LeaseRow.objects.get(subject_id=run)
    assert stored.token_hash
    assert first.token not in str(vars(stored))
    expire(run)
    second = take(tenant, run)
    assert second.token != first.token
    assert LeaseRow.objects.get(subject_id=run).token_hash != stored.token_hash


def test_letting_go_leaves_no_token_and_no_claims(tenant):
    lease = take(tenant, new_id())
    with transaction.atomic():
        leases.release(lease)
    row = LeaseRow.objects.get(subject_id=lease.run)
    assert (row.expires_at, row.token_hash, row.claims) == (None, "", 0)
    with pytest.raises(StaleLease), leases.refused_when_stale(lease), transaction.atomic():
        leases.release(lease)


def test_the_heart_renews_what_is_held_and_notices_what_is_lost(tenant):
    kept, taken = take(tenant, new_id()), take(tenant, new_id())
    heart = Heart()
    heart.beat_for(kept)
    heart.beat_for(taken)
    leases.revoke(taken.run)
    before = LeaseRow.objects.get(subject_id=kept.run).expires_at
    deadline = time.monotonic() + 5
    while not taken.lost.is_set() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert taken.lost.is_set()
    assert not kept.lost.is_set()
    assert LeaseRow.objects.get(subject_id=kept.run).expires_at > before
    with pytest.raises(StaleLease):
        taken.check()
    heart.forget(kept)
    assert heart.held() == []


def test_the_heart_survives_a_database_that_is_away(tenant, monkeypatch):
    heart = Heart()
    renew, failures = heart.renew, []

    def away():
        if not failures:
            failures.append(1)
            raise connection.Database.OperationalError("gone")
        renew()

    monkeypatch.setattr(heart, "renew", away)
    lease = take(tenant, new_id())
    before = LeaseRow.objects.get(subject_id=lease.run).expires_at
    heart.beat_for(lease)
    deadline = time.monotonic() + 6
    while LeaseRow.objects.get(subject_id=lease.run).expires_at == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert LeaseRow.objects.get(subject_id=lease.run).expires_at > before
    heart.forget(lease)


def test_the_scheduler_promises_a_lost_run_once(tenant):
    lost, held, released = (take(tenant, new_id()) for _ in range(3))
    assert not Outbox.objects.exists()
    expire(lost.run)
    with transaction.atomic():
        leases.release(released)
    assert requeue_lost_runs() == 1
    assert list(Outbox.objects.values_list("topic", "subject_id")) == [("run", lost.run)]
    assert requeue_lost_runs() == 0
    assert held.epoch == 1


def test_a_worker_that_is_gone_is_missed_before_its_lease_runs_out(tenant, monkeypatch):
    with Presence() as worker:
        monkeypatch.setattr(leases, "holder", worker.holder)
        run = new_id()
        first = take(tenant, run)
        assert requeue_lost_runs() == 0
        assert take(tenant, run) is None
        Outbox.objects.all().delete()
    assert requeue_lost_runs() == 1
    assert take(tenant, run).epoch == first.epoch + 1


def test_after_a_restart_of_the_database_workers_that_live_keep_their_runs(tenant, monkeypatch):
    from workflows import duties

    just_started = duties.LOST.replace("interval '5 s'", "interval '100 years'")
    assert just_started != duties.LOST
    monkeypatch.setattr(duties, "LOST", just_started)
    lease = take(tenant, new_id())
    expire(lease.run)
    assert requeue_lost_runs() == 0
    monkeypatch.undo()
    heart = Heart()
    heart.beat_for(lease)
    heart.renew()
    heart.forget(lease)
    assert requeue_lost_runs() == 0


def test_a_beat_needs_nothing_of_the_pool_and_is_not_missed_for_a_connection_that_broke(tenant, pool):
    lease = take(tenant, new_id())
    heart = Heart()
    heart.beat_for(lease)
    with contextlib.ExitStack() as stack:
        for _ in range(pool.max_size):
            stack.enter_context(pool.connection())
        heart.renew()
        first = LeaseRow.objects.get(subject_id=lease.run).expires_at
    heart._connection.close()
    heart.renew()
    assert LeaseRow.objects.get(subject_id=lease.run).expires_at > first
    heart.forget(lease)


def test_a_pool_is_back_soon_after_the_database_however_long_that_was_away(pool):
    """The pool's own patience grows with each attempt in vain: after 8 s it would sleep for as long again."""
    away = threading.Event()

    class Reaching(pool.connection_class):
        @classmethod
        def connect(cls, *arguments, **options):
            if away.is_set():
                raise psycopg.OperationalError("connection refused")
            return super().connect(*arguments, **options)

    pool.wait()
    pool.connection_class = Reaching
    away.set()
    with pool.connection() as connection:
        connection.close()
    with pytest.raises(PoolTimeout), pool.connection(timeout=8):
        pass
    away.clear()
    began = time.monotonic()
    with pool.connection():
        assert time.monotonic() - began < 3
