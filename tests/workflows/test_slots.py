"""Who of many turns may work: the slots go round between the tenants."""

from __future__ import annotations

import threading
import time

import pytest

from countersign.ids import new_id
from workflows.engine.slots import Slots, how_many_wait, waiting, working


def until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def worked() -> list:
    return []


def queue_up(slots: Slots, worked: list, *tenants) -> list[threading.Thread]:
    """A turn of each of these tenants, queued in this order behind the slot that the caller holds."""
    threads = []
    for tenant in tenants:
        def work(tenant=tenant) -> None:
            with slots.at_work(tenant):
                worked.append(tenant)

        threads.append(threading.Thread(target=work))
        before = queued(slots)
        threads[-1].start()
        until(lambda before=before: queued(slots) == before + 1)
    return threads


def queued(slots: Slots) -> int:
    return sum(map(len, slots._queues.values()))


def test_nobody_queues_behind_another_tenants_crowd(worked):
    slots, crowd, other = Slots(1), new_id(), new_id()
    with slots.at_work(None):
        threads = queue_up(slots, worked, crowd, crowd, crowd, crowd, other, None)
        assert slots.queueing() == {crowd, other, None}
    for thread in threads:
        thread.join(60)
    assert worked == [crowd, other, None, crowd, crowd, crowd]
    assert slots.queueing() == set()


def test_who_waits_lets_another_work_and_comes_back(worked):
    slots, tenant = Slots(1), new_id()
    with slots.at_work(tenant):
        with waiting():
            for thread in queue_up_free(slots, worked):
                thread.join(60)
            with working():
                assert slots._free == 0
            assert slots._free == 1
        assert slots._free == 0
    assert slots._free == 1
    assert worked


def queue_up_free(slots: Slots, worked: list) -> list[threading.Thread]:
    def work() -> None:
        with slots.at_work(None):
            worked.append(None)

    thread = threading.Thread(target=work)
    thread.start()
    return [thread]


def test_an_error_while_waiting_comes_back_to_work_all_the_same():
    slots = Slots(1)
    with pytest.raises(ZeroDivisionError), slots.at_work(None), waiting():
        raise ZeroDivisionError
    assert slots._free == 1


def test_it_is_told_when_a_tenant_no_longer_queues(worked):
    told: list = []
    slots, tenant = Slots(1, free_of=told.append), new_id()
    with slots.at_work(None):
        threads = queue_up(slots, worked, tenant, tenant)
    for thread in threads:
        thread.join(60)
    assert told == [tenant]


def test_where_there_are_no_slots_nobody_is_held_up():
    with waiting(), working():
        pass


def test_it_knows_how_many_wait():
    slots = Slots(2)
    assert how_many_wait() == 0
    with slots.at_work(None):
        with waiting():
            assert how_many_wait() == 1
        assert how_many_wait() == 0
