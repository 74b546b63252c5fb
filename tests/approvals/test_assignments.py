"""Changes of membership, role and permission reach open requests in the same transaction."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.errors import NotEligible
from approvals.models import ApprovalRequest, Assignment, Notice, ScopeUserPermission
from approvals.queries import inbox
from approvals.services import Subject, add_role_member, create_scope, remove_role_member, set_permission
from countersign.ids import new_id
from tenants.audit import Actor
from tenants.models import AuditEntry, GroupMember, Membership, User
from tenants.services.members import remove_member

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def asked(team, request) -> set:
    with team.context():
        return set(Assignment.objects.filter(request=request, open=True).values_list("user_id", flat=True))


def lacking(team, request) -> list:
    with team.context():
        return [(lack["role"], lack["lacks"]) for lack in ApprovalRequest.objects.get(id=request.id).lacking]


def take_role(team, user, role="Editor"):
    with team.context():
        remove_role_member(role=team.roles[role], user=user, actor=SYSTEM)


def give_role(team, user, role="Editor"):
    with team.context():
        add_role_member(role=team.roles[role], user=user, actor=SYSTEM)


def leave(team, user):
    owner = team.person("owner", membership="owner")
    with team.context():
        memberships = Membership.objects
        remove_member(membership=memberships.get(user=user), by=memberships.get(user=owner), actor=SYSTEM)


def test_a_new_holder_of_the_role_is_asked_and_told(team, editor):
    request = team.open()
    other = team.person("other", "Editor")
    assert asked(team, request) == {editor.id, other.id}
    with team.context():
        assert Notice.objects.filter(user=other, request=request).count() == 1
        assert [r.id for r in inbox(other)] == [request.id]


def test_a_role_decides_only_on_the_workflows_that_it_was_given(team, editor):
    team.role("Legal", decides=False)
    lawyer = team.person("lawyer", "Legal")
    with team.context():
        set_permission(create_scope("Contracts"), team.roles["Legal"], ["decide"], SYSTEM)
    request = team.open({"Editor": 1, "Legal": 1})
    assert asked(team, request) == {editor.id}
    assert lacking(team, request) == [("Legal", 1)]
    with pytest.raises(NotEligible):
        team.decide(request, lawyer)


@pytest.mark.parametrize("lost", ["membership", "personhood"])
def test_a_role_alone_is_not_enough(team, editor, lost):
    """Services see to it that neither comes about; what stands in the tables is not trusted either."""
    other = team.person("other", "Editor")
    with team.context():
        if lost == "membership":
            Membership.objects.filter(user=other).delete()
        else:
            User.objects.filter(id=other.id).update(is_service=True)
        holding = GroupMember.objects.filter(user=other).exists()
    request = team.open()
    assert holding
    assert asked(team, request) == {editor.id}


def test_whoever_loses_the_role_is_asked_no_more(team, editor):
    other = team.person("other", "Editor")
    request = team.open()
    take_role(team, editor)
    assert asked(team, request) == {other.id}
    with pytest.raises(NotEligible):
        team.decide(request, editor)


def test_whoever_has_the_role_back_is_asked_again_but_not_told_twice(team, editor):
    request = team.open()
    take_role(team, editor)
    give_role(team, editor)
    assert asked(team, request) == {editor.id}
    with team.context():
        assert Notice.objects.filter(request=request, user=editor).count() == 1


def test_whoever_leaves_the_team_is_asked_no_more_and_keeps_no_right(team, editor):
    request = team.open()
    with team.context():
        set_permission(team.scope, editor, ["view", "run"], SYSTEM)
    leave(team, editor)
    assert asked(team, request) == set()
    assert lacking(team, request) == [("Editor", 1)]
    with team.context():
        assert not ScopeUserPermission.objects.filter(user=editor).exists()


@pytest.mark.parametrize(("actions", "still"), [(["view"], False), (["view", "decide"], True)])
def test_a_role_that_may_no_longer_decide_is_asked_no_more(team, editor, actions, still):
    request = team.open()
    with team.context():
        set_permission(team.scope, team.roles["Editor"], actions, SYSTEM)
    assert asked(team, request) == ({editor.id} if still else set())


def test_a_role_that_may_decide_from_now_on_is_asked(team):
    team.role("Legal", decides=False)
    lawyer = team.person("lawyer", "Legal")
    request = team.open({"Legal": 1})
    assert (asked(team, request), lacking(team, request)) == (set(), [("Legal", 1)])
    with team.context():
        set_permission(team.scope, team.roles["Legal"], ["decide"], SYSTEM)
    assert (asked(team, request), lacking(team, request)) == ({lawyer.id}, [])


def test_other_teams_and_closed_requests_are_left_alone(team, editor, make_team):
    closed = team.open(subject=Subject("run", new_id()))
    team.decide(closed, editor, "reject")
    other = make_team("other")
    other.role("Editor")
    theirs = other.person("editor", "Editor")
    request = other.open()
    take_role(team, editor)
    with team.context():
        assert list(Assignment.objects.filter(request=closed).values_list("user_id", "open")) == [(editor.id, False)]
    assert asked(other, request) == {theirs.id}


def test_exclusions_hold_for_new_holders_too(team, editor):
    starter = team.person("starter")
    request = team.open(started_by=starter, exclude_starter=True)
    give_role(team, starter)
    assert asked(team, request) == {editor.id}


class TestUnmeetable:
    def test_two_rules_and_one_person_with_both_roles(self, team):
        team.role("Legal")
        team.person("both", "Editor", "Legal")
        request = team.open({"Editor": 1, "Legal": 1})
        assert lacking(team, request) == [("Legal", 1)]
        team.person("lawyer", "Legal")
        assert lacking(team, request) == []

    def test_exclusions_count(self, team, editor):
        assert lacking(team, team.open(started_by=editor, exclude_starter=True)) == [("Editor", 1)]

    def test_whoever_decided_still_fills_a_seat(self, team, editor):
        other = team.person("other", "Editor")
        request = team.open({"Editor": 2})
        team.decide(request, editor)
        assert lacking(team, request) == []
        take_role(team, other)
        assert lacking(team, request) == [("Editor", 1)]

    def test_it_is_told_over_the_api(self, team, editor, api):
        team.open({"Editor": 3})
        owner = team.person("owner", membership="owner")
        listed = api(owner).get("/api/v1/tenants/acme/approvals/").json()["results"]
        assert [(u["role"], u["lacks"]) for u in listed[0]["unmeetable"]] == [("Editor", 2)]


class TestApprovalsOfPeopleWhoLostTheRight:
    """What they said stands in the record, and counts only while they could say it again."""

    def test_it_does_not_count(self, team, editor):
        others = [team.person(name, "Editor") for name in ("b", "c")]
        request = team.open({"Editor": 2})
        team.decide(request, editor)
        take_role(team, editor)
        team.decide(request, others[0])
        assert team.status(request) == "open"
        team.decide(request, others[1])
        assert team.status(request) == "approved"

    def test_it_counts_again_when_they_have_the_right_back(self, team, editor):
        other = team.person("other", "Editor")
        request = team.open({"Editor": 2})
        team.decide(request, editor)
        take_role(team, editor)
        team.decide(request, other)
        assert team.status(request) == "open"
        give_role(team, editor)
        assert team.status(request) == "approved"

    def test_they_are_not_asked_twice(self, team, editor):
        team.person("other", "Editor")
        request = team.open({"Editor": 2})
        team.decide(request, editor)
        take_role(team, editor)
        give_role(team, editor)
        assert editor.id not in asked(team, request)
        with team.context():
            assert Notice.objects.filter(request=request, user=editor).count() == 1


def test_the_change_is_audited_with_how_many_it_touched(team, editor):
    requests = [team.open(subject=Subject("run", new_id())) for _ in range(3)]
    take_role(team, editor)
    with team.context():
        entry = AuditEntry.objects.get(action="assignments.changed")
        assert (entry.subject_type, entry.subject_id) == ("role", team.roles["Editor"].id)
        assert entry.data == {"added": 0, "removed": 3, "requests": 3, "first": [str(r.id) for r in requests]}


def test_an_error_later_in_the_transaction_undoes_both(team, editor):
    request = team.open()

    def fail_later():
        with team.context():
            remove_role_member(role=team.roles["Editor"], user=editor, actor=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_later()
    assert asked(team, request) == {editor.id}


def test_its_queries_do_not_grow_with_the_requests_it_touches(team, editor):
    counts = []
    for name in ("one", "many"):
        person = team.person(name)
        with CaptureQueriesContext(connection) as queries:
            give_role(team, person)
        counts.append(len(queries))
        for _ in range(10):
            team.open(subject=Subject("run", new_id()))
    few, many = counts[0], counts[1]
    assert many - few < 12  # bulk statements, none per request
    person = team.person("again")
    with CaptureQueriesContext(connection) as queries:
        give_role(team, person)
    assert len(queries) == many
