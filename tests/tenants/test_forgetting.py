"""Answers kept for repeated requests, and sessions, are deleted once they are of no use."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from countersign.clock import now
from countersign.database.context import tenant_context, user_context
from countersign.scheduling import all_duties
from tenants import duties
from tenants.idempotency import KEPT
from tenants.models import PersonReplay, Replay

pytestmark = pytest.mark.django_db
OLD, FRESH = KEPT + timedelta(minutes=1), KEPT - timedelta(minutes=1)


@pytest.fixture
def teams(make_tenant, make_user):
    """Two teams and a person, each with three old answers and a fresh one, and sessions: three that ended, one not."""
    user, tenants = make_user(), [make_tenant("acme"), make_tenant("globex")]
    for tenant in tenants:
        with tenant_context(tenant.id):
            add(Replay, user)
    with user_context(user.id):
        add(PersonReplay, user)
    for n in range(4):
        Session.objects.create(session_key=f"key{n}", session_data="", expire_date=now() + timedelta(hours=n - 2.5))
    return tenants, user


def add(records, user):
    for n in range(4):
        records.objects.create(user=user, key=f"k{n}", request_hash="x", created_at=now() - (FRESH if n == 3 else OLD))


def left(teams):
    tenants, user = teams
    kept = []
    for tenant in tenants:
        with tenant_context(tenant.id):
            kept += Replay.objects.values_list("key", flat=True)
    with user_context(user.id):
        kept += PersonReplay.objects.values_list("key", flat=True)
    return [*kept, *Session.objects.values_list("session_key", flat=True)]


def test_the_scheduler_deletes_what_is_old_and_nothing_else(teams, as_role):
    with as_role("engine"):
        duties.forget_old()
    assert left(teams) == ["k3", "k3", "k3", "key3"]


def test_it_goes_on_in_small_batches_and_leaves_the_rest_for_the_next_time(teams, as_role, monkeypatch):
    monkeypatch.setattr(duties, "BATCH", 1)
    monkeypatch.setattr(duties, "BATCHES", 2)
    with as_role("engine"):
        duties.forget_old()
    assert len(left(teams)) == 16 - 2 * 3, "two of each table's: answers of teams, of people, sessions"
    with as_role("engine"):
        duties.forget_old()
        duties.forget_old()
    assert left(teams) == ["k3", "k3", "k3", "key3"]


def test_outside_it_its_owner_finds_nothing(teams, as_role):
    with as_role("owner"), connection.cursor() as cursor:
        for table in ("tenants_replay", "tenants_personreplay"):
            cursor.execute(f"DELETE FROM {table}")
            assert cursor.rowcount == 0


def test_the_scheduler_knows_of_it():
    assert "tenants.duties.forget_old" in {each.name for each in all_duties()}
