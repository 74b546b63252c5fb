"""Decisions made at the same moment, over connections of their own: each is counted once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.errors import RequestClosed
from approvals.models import Decision, Grant
from approvals.services import Subject, add_role_member, remove_role_member
from approvals.signals import request_settled
from countersign.errors import CountersignError
from countersign.ids import new_id
from tenants.audit import Actor, verify_chain
from tenants.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """What each returned or raised; all start together."""
    start, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(index: int, job: Callable[[], object]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE web")
            start.wait(10)
            results[index] = job()
        except CountersignError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=job) for job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return results


@pytest.fixture
def settled():
    heard = []

    def listen(sender, *, request, **_):
        heard.append(request.status)

    request_settled.connect(listen)
    yield heard
    request_settled.disconnect(listen)


def test_the_same_person_twice_is_one_decision(team, editor, settled):
    request = team.open()
    made = at_once(*[lambda: team.decide(request, editor)] * 6)
    assert len({decision.id for decision in made}) == 1
    assert sorted(decision.repeated for decision in made) == [False] + [True] * 5
    assert settled == ["approved"]
    with team.context():
        assert (Decision.objects.count(), Grant.objects.count()) == (1, 1)
        assert AuditEntry.objects.filter(action="decision.made").count() == 1
    assert verify_chain(team.tenant.id).ok


def test_without_the_lock_the_database_still_counts_one(team, editor):
    team.person("other", "Editor")
    request = team.open({"Editor": 2})
    team.decide(request, editor)
    with team.context(), pytest.raises(IntegrityError, match="decision_once"), transaction.atomic():
        Decision.objects.create(request=request, user=editor, verdict="approve", revision=1,
                                plan_hash=request.plan_hash, roles=[])


def test_a_quorum_is_exact_whoever_comes_first(team, settled):
    people = [team.person(f"p{n}", "Editor") for n in range(5)]
    request = team.open({"Editor": 3})
    made = at_once(*[lambda by=by: team.decide(request, by) for by in people])
    counted = [m for m in made if isinstance(m, Decision)]
    late = [m for m in made if isinstance(m, RequestClosed)]
    assert (len(counted), len(late), settled) == (3, 2, ["approved"])
    with team.context():
        assert Grant.objects.count() == 1


def test_approve_and_reject_at_once_settle_once(team, editor, settled):
    other = team.person("other", "Editor")
    request = team.open()
    made = at_once(lambda: team.decide(request, editor), lambda: team.decide(request, other, "reject"))
    assert len([m for m in made if isinstance(m, Decision)]) == 1
    assert settled == [team.status(request)]


def test_whoever_loses_the_role_meanwhile_either_decided_before_or_not_at_all(team, editor):
    """Either order is right; what may not be is a grant that counts somebody without the right."""
    for _ in range(4):
        request = team.open(subject=Subject("run", new_id()))

        def lose():
            with team.context():
                remove_role_member(role=team.roles["Editor"], user=editor, actor=SYSTEM)

        at_once(lambda request=request: team.decide(request, editor), lose)
        with team.context():
            assert Decision.objects.filter(request=request).exists() == (team.status(request) == "approved")
            add_role_member(role=team.roles["Editor"], user=editor, actor=SYSTEM)


def test_a_role_given_while_a_request_opens_reaches_it(team):
    """The request that opens sees the new holder, or the change sees the request."""
    for n in range(4):
        person = team.person(f"new{n}")

        def give(person=person):
            with team.context():
                add_role_member(role=team.roles["Editor"], user=person, actor=SYSTEM)

        opened = at_once(give, lambda: team.open(subject=Subject("run", new_id())))[1]
        with team.context():
            assert opened.assignments.filter(user=person, open=True).exists()
