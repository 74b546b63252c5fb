"""Whatever people do, in whatever order: quorums of different, eligible people; no stale decision; one settlement."""

from __future__ import annotations

from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.errors import AlreadyDecided, NotEligible, RequestClosed, RevisionChanged
from approvals.models import ApprovalRequest, Assignment, Decision, Grant
from approvals.services import Subject, add_role_member, cancel_requests, expire_request, remove_role_member
from approvals.signals import request_settled
from countersign.ids import new_id
from tenants.audit import Actor

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
ROLES = ("Editor", "Legal")
PEOPLE = 4
REFUSALS = (AlreadyDecided, NotEligible, RequestClosed, RevisionChanged)

person = st.integers(0, PEOPLE - 1)
verdict = st.sampled_from(["approve"] * 6 + ["reject", "request_changes"])
act = st.one_of(
    st.tuples(st.just("decide"), person, verdict, st.integers(0, 2)),
    st.tuples(st.just("decide"), person, st.just("approve"), st.just(0)),
    st.tuples(st.just("forge"), person),
    st.tuples(st.just("take"), person, st.sampled_from(ROLES)),
    st.tuples(st.just("give"), person, st.sampled_from(ROLES)),
    st.tuples(st.just("revise")),
    st.tuples(st.sampled_from(["cancel", "expire"])),
)
rules = st.sampled_from([{"Editor": 1}, {"Editor": 2}, {"Editor": 1, "Legal": 1}, {"Editor": 2, "Legal": 1}])
held = st.lists(st.sets(st.sampled_from(ROLES)), min_size=PEOPLE, max_size=PEOPLE)


class Story:
    """The same events told twice: to the services, and to sets that know nothing of them."""

    def __init__(self, team, people, asked: dict[str, int], roles: list[set[str]], starter: int | None) -> None:
        self.team, self.people, self.asked, self.starter = team, people, asked, starter
        self.roles = [set() for _ in people]
        self.requests: list[ApprovalRequest] = []
        self.settled: dict = {}
        self.approved_by: dict = {}
        self.subject = Subject("run", new_id())
        for index, names in enumerate(roles):
            for name in names:
                self.give(index, name)
        self.revise()

    def hear(self, sender, *, request, **_) -> None:
        assert request.id not in self.settled, "settled twice"
        self.settled[request.id] = request.status

    def revise(self) -> None:
        self.requests.append(self.team.open(
            self.asked, revision=len(self.requests) + 1, subject=self.subject, exclude_starter=True,
            started_by=None if self.starter is None else self.people[self.starter]))
        self.approved_by[self.requests[-1].id] = set()

    def decide(self, index: int, verdict: str, back: int) -> None:
        request = self.requests[max(0, len(self.requests) - 1 - back)]
        comment = "Because." if verdict == "request_changes" else ""
        try:
            decision = self.team.decide(request, self.people[index], verdict, comment=comment)
        except REFUSALS:
            return
        if verdict == "approve" and not decision.repeated:
            assert request is self.requests[-1], "a decision on an old revision counted"
            assert self.may(index), "somebody who may not decide was counted"
            self.approved_by[request.id].add(index)

    def forge(self, index: int) -> None:
        """The current request, but the hash of what it is not."""
        with pytest.raises((RevisionChanged, NotEligible)):
            self.team.decide(self.requests[-1], self.people[index], plan_hash="sha256:" + "0" * 64)

    def give(self, index: int, role: str) -> None:
        self.roles[index].add(role)
        with self.team.context():
            add_role_member(role=self.team.roles[role], user=self.people[index], actor=SYSTEM)

    def take(self, index: int, role: str) -> None:
        self.roles[index].discard(role)
        with self.team.context():
            remove_role_member(role=self.team.roles[role], user=self.people[index], actor=SYSTEM)

    def cancel(self) -> None:
        with self.team.context():
            cancel_requests(self.subject, SYSTEM)

    def expire(self) -> None:
        """Nothing is due: rung too early, it changes nothing."""
        expire_request(tenant_id=self.team.tenant.id, request_id=self.requests[-1].id)

    def may(self, index: int) -> bool:
        return index != self.starter and bool(self.roles[index] & set(self.asked))

    def met(self, request: ApprovalRequest) -> bool:
        """Every way to seat different people, tried out."""
        seats = [role for role, count in self.asked.items() for _ in range(count)]
        counted = [index for index in self.approved_by[request.id] if self.may(index)]
        return any(all(seat in self.roles[index] for seat, index in zip(seats, order, strict=True))
                   for order in permutations(counted, len(seats)))

    def check(self, before: dict) -> dict:
        with self.team.context():
            now = {request.id: request for request in ApprovalRequest.objects.filter(subject_id=self.subject.id)}
            grants = list(Grant.objects.values_list("request_id", flat=True))
            decisions = list(Decision.objects.all())
            asked = set(Assignment.objects.filter(open=True).values_list("request_id", "user_id"))
        current = self.requests[-1]
        for request in now.values():
            old = before.get(request.id, "open")
            assert old in ("open", request.status), f"{old} became {request.status}"
            assert self.settled.get(request.id, "superseded" if request.id != current.id else "open") == request.status
            assert grants.count(request.id) == (1 if request.status == "approved" else 0)
            if request.status == "approved" and old == "open":
                assert self.met(request), "approved without its quorum"
            if request.status == "open":
                assert not self.met(request), "its quorum is met and it is still open"
                waiting = {index for index in range(PEOPLE) if self.may(index)
                           and index not in self.approved_by[request.id]}
                assert asked == {(request.id, self.people[index].id) for index in waiting}
        assert all((d.revision, d.plan_hash) == (now[d.request_id].revision, now[d.request_id].plan_hash)
                   for d in decisions)
        return {id: request.status for id, request in now.items()}


@given(asked=rules, roles=held, starter=st.none() | person, acts=st.lists(act, min_size=3, max_size=14))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_interleaving(team_of_four, asked, roles, starter, acts):
    team, people = team_of_four
    with transaction.atomic():
        story = Story(team, people, asked, roles, starter)
        request_settled.connect(story.hear)
        try:
            statuses = story.check({})
            for name, *arguments in acts:
                getattr(story, name)(*arguments)
                statuses = story.check(statuses)
        finally:
            request_settled.disconnect(story.hear)
        transaction.set_rollback(True)


@pytest.fixture
def team_of_four(team):
    team.role("Legal")
    return team, [team.person(f"p{n}") for n in range(PEOPLE)]


