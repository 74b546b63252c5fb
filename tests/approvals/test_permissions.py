"""Who may see, run, edit and decide on a scope."""

from __future__ import annotations

import pytest

from approvals.models import ApproverRole
from approvals.permissions import may, require, visible_scopes
from approvals.queries import permissions_of
from approvals.services import create_scope, set_permission
from countersign.errors import Forbidden, Invalid
from tenants.audit import Actor
from tenants.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
ALL = {"view", "run", "edit", "decide"}


def what(user, scope) -> set[str]:
    return {action for action in ALL if may(user, action, scope)}


@pytest.mark.parametrize(("membership", "actions"), [
    ("owner", {"view", "run", "edit"}), ("admin", {"view", "run", "edit"}), ("editor", set()), ("viewer", set())])
def test_owners_and_admins_may_everything_but_decide(team, membership, actions):
    person = team.person("person", membership=membership)
    with team.context():
        assert what(person, team.scope) == actions


def test_only_an_approver_role_with_decide_lets_somebody_decide(team, editor):
    team.role("Legal", decides=False)
    lawyer = team.person("lawyer", "Legal", membership="owner")
    with team.context():
        assert may(editor, "decide", team.scope)
        assert not may(lawyer, "decide", team.scope)


@pytest.mark.parametrize(("given", "actions"), [
    (["view"], {"view"}), (["run"], {"run", "view"}), (["edit"], {"edit", "view"}), ([], set())])
def test_a_person_may_what_they_were_given_and_see_it(team, given, actions):
    person = team.person("person")
    with team.context():
        set_permission(team.scope, person, given, SYSTEM)
        assert what(person, team.scope) == actions
        assert list(visible_scopes(person)) == ([team.scope] if given else [])
        assert what(person, create_scope("Another")) == set()


def test_a_roles_people_may_what_it_was_given(team):
    team.role("Writer", decides=False)
    writer = team.person("writer", "Writer")
    with team.context():
        set_permission(team.scope, team.roles["Writer"], ["run", "edit"], SYSTEM)
        assert what(writer, team.scope) == {"view", "run", "edit"}


def test_whoever_is_no_member_may_nothing_whatever_they_were_given(team, make_team):
    person = team.person("person", "Editor")
    with team.context():
        set_permission(team.scope, person, ["run"], SYSTEM)
        Membership.objects.filter(user=person).delete()
        assert what(person, team.scope) == set()
        with pytest.raises(Forbidden):
            require(person, "run", team.scope)


def test_another_teams_scopes_are_not_there(team, make_team):
    other = make_team("other")
    owner = other.person("owner", membership="owner")
    with other.context():
        assert what(owner, team.scope) == set()
        assert list(visible_scopes(owner)) == [other.scope]


def test_giving_replaces_what_was_given_before(team, editor):
    person = team.person("person")
    with team.context():
        assert set_permission(team.scope, person, ["edit", "run"], SYSTEM) == ["run", "edit"]
        set_permission(team.scope, person, ["run", "view"], SYSTEM)
        entry = AuditEntry.objects.filter(action="scope.permission_changed").latest("id")
        assert entry.data == {"user": str(person.id), "added": ["view"], "removed": ["edit"]}
        found = permissions_of(team.scope)
    assert [(p["role"] and p["role"].name, p["user"] and p["user"].email, p["actions"]) for p in found] == [
        ("Editor", None, ["decide"]), (None, "person@acme.example", ["view", "run"])]


def test_what_cannot_be_given_is_refused(team, make_user):
    person = team.person("person")
    stranger = make_user("stranger@example.org")
    wrong = [(person, ["fly"], "actions"), (person, ["decide"], "actions"), (stranger, ["run"], "user")]
    for to, actions, field in wrong:
        with team.context(), pytest.raises(Invalid) as refused:
            set_permission(team.scope, to, actions, SYSTEM)
        assert refused.value.fields[0]["field"] == field


def test_a_role_of_another_team_cannot_be_given_anything(team, make_team):
    other = make_team("other").role("Editor")
    with team.context():
        assert not ApproverRole.objects.filter(id=other.id).exists()
