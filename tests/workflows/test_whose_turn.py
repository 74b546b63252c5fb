"""Whose run a worker claims next: tenant by tenant, and within a tenant what is oldest."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.doorbells.models import Outbox
from countersign.doorbells.services import ring, ring_for_due
from countersign.ids import new_id
from tests.workflow_stage import in_thread_as
from workflows.engine import lease as leases
from workflows.engine.dispatcher import NOBODY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenants(pool, make_tenant, process):
    """Three, in the order of their ids."""
    made = sorted((make_tenant(slug) for slug in ("acme", "bold", "calm")), key=lambda tenant: tenant.id)
    with process("engine"):
        yield made


def promise(tenant, count: int = 1, **when) -> list:
    runs = [new_id() for _ in range(count)]
    with tenant_context(tenant.id):
        for run in runs:
            ring("run", tenant_id=tenant.id, subject_id=run, **when)
    return runs


def take_next(after=NOBODY, passed_over=(), **options):
    with transaction.atomic():
        found = leases.take_next("run", after=after, passed_over=passed_over, **options)
        return found and found[:2]


def test_it_says_whether_more_may_wait(tenants):
    promise(tenants[0], 2)
    with transaction.atomic():
        assert [leases.take_next("run", after=NOBODY)[2] for _ in range(2)] == [True, False]


def take_all(passed_over=()) -> list:
    """The runs in the order in which one worker claims them."""
    after, taken = NOBODY, []
    while found := take_next(after, passed_over):
        after, lease = found
        taken.append(lease.run)
    return taken


def test_a_tenants_crowd_lets_the_others_in_after_each_of_its_runs(tenants):
    crowd = promise(tenants[1], 6)
    [first], [second, third] = promise(tenants[0]), promise(tenants[2], 2)
    assert take_all() == [first, crowd[0], second, crowd[1], third, *crowd[2:]]


def test_whoever_comes_while_a_crowd_is_worked_off_is_next(tenants):
    crowd = promise(tenants[0], 50)
    after, _ = take_next()
    for place, newcomer in enumerate((tenants[1], tenants[2]), 1):
        [run] = promise(newcomer)
        after, lease = take_next(after)
        assert lease.run == run
        after, lease = take_next(after)
        assert lease.run == crowd[place]


def test_what_has_begun_comes_before_what_has_not(tenants):
    """A person has just decided on an older run of a tenant that has queued many since."""
    decided = new_id()
    fresh = promise(tenants[0], 20)
    with tenant_context(tenants[0].id):
        ring("run", tenant_id=tenants[0].id, subject_id=decided)
    assert take_all() == [decided, *fresh]


def test_a_tenant_that_is_passed_over_costs_the_others_nothing(tenants):
    promise(tenants[0], 10)
    own = promise(tenants[1], 2)
    assert take_all(passed_over=[tenants[0].id]) == own
    assert take_next(passed_over=[tenants[0].id]) is None
    assert take_next()[0] == tenants[0].id


def test_what_is_due_later_waits_until_it_has_been_rung_for(tenants):
    [later] = promise(tenants[0], due_at=now() + timedelta(seconds=30))
    assert ring_for_due() == 0
    assert take_next() is None
    Outbox.objects.update(due_at=now())
    assert ring_for_due() == 1
    assert ring_for_due() == 0
    assert take_all() == [later]


def test_a_run_that_somebody_holds_is_left_and_the_next_one_taken(tenants):
    held, free = promise(tenants[0], 2)
    tenant, lease = take_next()
    assert lease.run == held
    with tenant_context(tenant):
        ring("run", tenant_id=tenant, subject_id=held)
    assert take_all() == [free]
    assert list(Outbox.objects.values_list("subject_id", flat=True)) == [held]


def test_who_must_go_alone_waits_for_room_and_holds_nobody_up(tenants):
    from countersign.doorbells.models import Lease

    lost, kept, free = promise(tenants[0], 3)
    for run, claims in ((lost, 2), (kept, 1)):
        Lease.objects.create(subject_id=run, tenant_id=tenants[0].id, epoch=claims, claims=claims,
                             expires_at=now() - timedelta(seconds=1))
    assert [take_next(alone=False)[1].run for _ in range(2)] == [kept, free]
    assert take_next(alone=False) is None
    _, lease = take_next()
    assert (lease.run, lease.claims) == (lost, 3)


def test_the_token_is_the_one_whose_hash_is_stored(tenants):
    import hashlib

    from countersign.doorbells.models import Lease

    promise(tenants[0])
    _, lease = take_next()
    assert Lease.objects.get(subject_id=lease.run).token_hash == hashlib.sha256(lease.token.encode()).hexdigest()
    assert lease.token.startswith(f"lease_{lease.run}.{lease.epoch}.")


def test_several_workers_share_the_runs_and_none_gets_what_another_has(tenants):
    runs = promise(tenants[0], 40) + promise(tenants[1], 40)
    taken, lock = [], threading.Lock()

    def work() -> None:
        for run in take_all():
            with lock:
                taken.append(run)

    for thread in [in_thread_as("engine", work) for _ in range(4)]:
        thread.join(60)
    assert sorted(taken) == sorted(runs)


def test_a_look_reads_few_pages_however_much_waits(tenants):
    """10,000 rows: a tenant's crowd that is passed over, another's, and one run; whichever is chosen, few pages."""
    with connection.cursor() as cursor:
        for tenant, count in ((tenants[0], 7000), (tenants[1], 3000), (tenants[2], 1)):
            cursor.execute("INSERT INTO doorbells_outbox (id, topic, tenant_id, subject_id, due_at, rung_at) "
                           "SELECT gen_random_uuid(), 'run', %s, gen_random_uuid(), now(), now() "
                           "FROM generate_series(1, %s)", [tenant.id, count])
    crowd, other, single = (tenant.id for tenant in tenants)
    for after, passed_over in ((NOBODY, []), (NOBODY, [crowd]), (single, []), (NOBODY, [crowd, other]),
                               (other, [crowd, other, single])):
        assert pages_read(after, passed_over) < 150


def pages_read(after, passed_over) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + leases.TAKE_NEXT, {
            "topic": "run", "after": after, "passed_over": passed_over, "seconds": 5, "secret": ".s", "holder": None,
            "alone": True, "alone_from": leases.MOST_CLAIMS - 1})
        [(explained,)] = cursor.fetchall()
        transaction.set_rollback(True)
    explained = json.loads(explained) if isinstance(explained, str) else explained
    plan = explained[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
