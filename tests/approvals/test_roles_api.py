"""Approver roles over HTTP: admins change them, members see them, other teams get 404."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from approvals.models import ApproverRole, ScopeGroupPermission
from approvals.signals import role_removal_asked
from countersign.ids import new_id
from tenants.models import AuditEntry, GroupMember

pytestmark = pytest.mark.django_db
ROLES = "/api/v1/tenants/acme/roles/"


@pytest.fixture
def admin(team):
    return team.person("admin", membership="admin")


@pytest.fixture
def client(api, admin):
    return api(admin)


@pytest.fixture
def path(team):
    return f"{ROLES}{team.roles['Editor'].id}/"


def actions(team) -> list[str]:
    with team.context():
        entries = AuditEntry.objects.filter(action__startswith="role.").order_by("id")
        return [entry.action for entry in entries]


def test_an_admin_makes_changes_and_removes_one(team, client, api):
    made = client.post(ROLES, {"name": "  Head of  words ", "description": "Signs off."})
    assert (made.status_code, made.json()["name"], made.json()["members"]) == (201, "Head of words", 0)
    one = made["Location"]
    assert client.get(one).json() == made.json()
    assert client.patch(one, {"name": "Chief"}).json()["name"] == "Chief"
    with team.context():
        role = ApproverRole.objects.get(name="Chief")
        assert (role.group.name, role.description) == (str(role.id), "Signs off.")
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
    assert not Group.objects.filter(id=role.group_id).exists()
    assert actions(team)[1:] == ["role.created", "role.changed", "role.removed"]


def test_they_are_listed_by_name(team, client, editor, django_assert_num_queries):
    for name in ("Legal", "CFO"):
        team.role(name)
    with django_assert_num_queries(9):
        found = client.get(ROLES).json()["results"]
    assert [(role["name"], role["members"]) for role in found] == [("CFO", 0), ("Editor", 1), ("Legal", 0)]


@pytest.mark.parametrize(("body", "status", "code"), [
    ({}, 422, "invalid"), ({"name": ""}, 422, "invalid"), ({"name": "  "}, 422, "invalid"),
    ({"name": "x" * 81}, 422, "invalid"), ({"name": "a\nb"}, 422, "invalid"),
    ({"name": "eDITOR"}, 409, "role_name_taken"),
])
def test_a_name_is_needed_and_its_own(client, body, status, code):
    answer = client.post(ROLES, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 422:
        assert answer.json()["fields"][0]["field"] == "name"


def test_two_teams_may_call_their_roles_alike(make_team, team):
    other = make_team("other")
    assert other.role("Editor").id != team.roles["Editor"].id


class TestMembers:
    def test_people_are_added_listed_and_removed(self, team, client, path):
        person = team.person("person")
        added = client.post(f"{path}members/", {"user": str(person.id)})
        assert (added.status_code, added.json()["email"]) == (201, person.email)
        assert client.post(f"{path}members/", {"user": str(person.id)}).status_code == 200
        assert [m["email"] for m in client.get(f"{path}members/").json()["results"]] == [person.email]
        assert client.delete(f"{path}members/{person.id}/").status_code == 204
        assert client.delete(f"{path}members/{person.id}/").status_code == 404
        assert client.get(f"{path}members/").json()["results"] == []
        assert actions(team)[-2:] == ["role.member_added", "role.member_removed"]

    def test_strangers_and_nobody_get_the_same_answer(self, team, client, path, make_team, make_user):
        answers = [client.post(f"{path}members/", {"user": str(id)}) for id in (
            new_id(), make_user("x@example.org").id, make_team("other").person("y").id,
            make_user("machine@example.org", is_service=True).id)]
        assert {(a.status_code, a.json()["fields"][0]["code"]) for a in answers} == {(422, "not_a_member")}
        assert len({a.content for a in answers}) == 1

    def test_service_accounts_hold_no_role(self, team, client, path):
        machine = team.person("machine")
        machine.is_service = True
        machine.save(update_fields=["is_service"])
        answer = client.post(f"{path}members/", {"user": str(machine.id)})
        assert (answer.status_code, answer.json()["code"]) == (403, "machines_do_not_approve")


class TestRemoval:
    def test_not_while_an_open_request_names_it(self, team, editor, client, path):
        request = team.open()
        answer = client.delete(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "role_in_use")
        assert answer.json()["reasons"] == ["1 open request names it."]
        with team.context():
            assert GroupMember.objects.filter(user=editor).count() == 1
            assert ScopeGroupPermission.objects.count() == 1
        team.decide(request, editor, "reject")
        assert client.delete(path).status_code == 204

    def test_not_while_somebody_who_listens_needs_it(self, client, path):
        def needed(sender, *, role, **_):
            return f"The workflow Newsletter names {role.name}."

        role_removal_asked.connect(needed)
        assert client.delete(path).json()["reasons"] == ["The workflow Newsletter names Editor."]
        role_removal_asked.disconnect(needed)
        assert client.delete(path).status_code == 204

    def test_a_plan_that_names_a_removed_role_opens_a_request_that_says_so(self, team, editor, client, path, api):
        policy = team.policy()
        client.delete(path)
        team.policy = lambda *_, **__: policy
        request = team.open()
        shown = client.get(f"/api/v1/tenants/acme/approvals/{request.id}/").json()
        assert [(u["role"], u["lacks"]) for u in shown["unmeetable"]] == [("Editor", 1)]


class TestWhoMay:
    def calls(self, client, path):
        return [client.post(ROLES, {"name": "New"}), client.patch(path, {"name": "New"}), client.delete(path),
                client.post(f"{path}members/", {"user": str(new_id())}), client.delete(f"{path}members/{new_id()}/")]

    def reads(self, client, path):
        return [client.get(ROLES), client.get(path), client.get(f"{path}members/")]

    def test_members_below_admin_only_look(self, team, editor, api, path):
        for user in (editor, team.person("viewer", membership="viewer")):
            client = api(user)
            assert {a.status_code for a in self.reads(client, path)} == {200}
            assert {a.status_code for a in self.calls(client, path)} == {403}

    def test_other_teams_and_strangers_find_nothing(self, make_team, api, path):
        client = api(make_team("other").person("owner", membership="owner"))
        assert {a.status_code for a in [*self.reads(client, path), *self.calls(client, path)]} == {404}
        elsewhere = path.replace("acme", "other")
        assert client.get(elsewhere).status_code == client.patch(elsewhere, {"name": "x"}).status_code == 404

    def test_nobody_signed_in(self, api, path):
        client = api()
        assert {a.status_code for a in [*self.reads(client, path), *self.calls(client, path)]} == {401}
