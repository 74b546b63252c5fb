"""Workflows, their drafts and who may use them, over REST."""

import json

import pytest

from approvals.services import add_role_member, create_role
from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import Actor, AuditEntry
from tenants.models import Membership
from workflows.gallery import gallery
from workflows.models import Template, Version

pytestmark = pytest.mark.django_db
WORKFLOWS = "/api/v1/tenants/acme/workflows/"
SPEC = {"name": "Note", "start": "draft", "nodes": [
    {"id": "draft", "type": "worker", "model": "writer", "prompt": "Write.", "next": None}]}


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def people(acme, make_member, api):
    """A client for each membership role, and its user."""
    users = {role: make_member(acme, f"{role}@example.org", role) for role in ("owner", "admin", "editor", "viewer")}
    return {role: api(user) for role, user in users.items()} | {f"{role}_user": user for role, user in users.items()}


@pytest.fixture
def note(people):
    """A workflow that the editor made; its path."""
    response = people["editor"].post(WORKFLOWS, {"spec": SPEC})
    assert response.status_code == 201, response.content
    return f"{WORKFLOWS}{response.json()['id']}/"


def faults_of(response, status=422):
    assert response.status_code == status, response.content
    return {fault["field"]: fault["code"] for fault in response.json().get("fields", [])}


class TestMakingOne:
    def test_from_a_spec_with_a_first_draft(self, acme, people):
        response = people["editor"].post(WORKFLOWS, {"name": "My notes", "spec": SPEC})
        told = response.json()
        assert response.status_code == 201
        assert response["Location"] == f"{WORKFLOWS}{told['id']}/"
        assert (told["name"], told["slug"], told["published"], told["newest"]) == ("My notes", "my-notes", None, 1)
        draft = people["editor"].get(f"{WORKFLOWS}{told['id']}/versions/1/").json()
        assert (draft["status"], draft["spec"], draft["pins"]) == ("draft", SPEC, {})
        with tenant_context(acme.id):
            actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
        assert actions == ["template.created", "scope.permission_changed", "version.created"]

    def test_from_the_gallery(self, people):
        told = people["admin"].post(WORKFLOWS, {"gallery": "newsletter"}).json()
        assert (told["name"], told["gallery"]) == ("Newsletter", "newsletter")
        version = people["admin"].get(f"{WORKFLOWS}{told['id']}/versions/1/").json()
        assert version["spec"] == gallery()["newsletter"].spec

    @pytest.mark.parametrize("kind", ["application/yaml", "text in json"])
    def test_from_yaml(self, people, kind):
        text = "name: Note\nstart: draft\nnodes: [{id: draft, type: worker, model: writer, prompt: Write., next: null}]"
        if kind == "application/yaml":
            response = people["editor"].post(WORKFLOWS, text, content_type=kind)
        else:
            response = people["editor"].post(WORKFLOWS, {"spec": text})
        assert response.status_code == 201
        version = people["editor"].get(f"{WORKFLOWS}{response.json()['id']}/versions/1/").json()
        assert version["spec"] == SPEC

    @pytest.mark.parametrize(("asked", "faults"), [
        ({}, {"spec": "one_of"}),
        ({"spec": SPEC, "gallery": "newsletter"}, {"spec": "one_of"}),
        ({"gallery": "nothing"}, {"gallery": "unknown"}),
        ({"spec": [1]}, {"spec": "unreadable"}),
        ({"spec": "a: &a [1]\nb: *a"}, {"spec": "unreadable"}),
        ({"spec": {"a": "x" * 1_000_001}}, {"spec": "too_large"}),
        ({"spec": {"a": "\0"}}, {"spec": "unreadable"}),
        ({"name": "x" * 121, "spec": SPEC}, {"name": "max_length"}),
        ({"spec": {"start": "a"}}, {"name": "null"}),
    ])
    def test_what_cannot_be_read_is_refused(self, people, asked, faults):
        assert {field.split(".")[0]: code for field, code in
                faults_of(people["editor"].post(WORKFLOWS, asked)).items()} == faults

    def test_json_that_is_nested_too_deeply_is_answered(self, people):
        body = '{"spec": ' + "[" * 100_000 + "]" * 100_000 + "}"
        assert people["editor"].post(WORKFLOWS, body, content_type="application/json").status_code in (400, 422)

    def test_names_are_taken_once_whatever_their_case(self, people, note):
        response = people["editor"].post(WORKFLOWS, {"name": "NOTE", "spec": SPEC})
        assert (response.status_code, response.json()["code"]) == (409, "name_taken")
        told = people["editor"].post(WORKFLOWS, {"name": "Nöte", "spec": SPEC}).json()
        assert told["slug"] == "note-2"

    def test_the_same_key_makes_one(self, acme, people):
        for _ in range(2):
            assert people["editor"].post(WORKFLOWS, {"spec": SPEC}, headers={"Idempotency-Key": "k"}).status_code == 201
        with tenant_context(acme.id):
            assert Template.objects.count() == 1


class TestSeeing:
    def test_a_viewer_sees_what_they_were_shown(self, acme, people, note):
        assert people["viewer"].get(WORKFLOWS).json()["results"] == []
        assert people["viewer"].get(note).status_code == 404
        viewer = str(people["viewer_user"].id)
        assert people["admin"].put(f"{note}permissions/", {"user": viewer, "actions": ["view"]}).status_code == 200
        assert people["viewer"].get(note).json() == people["viewer"].get(WORKFLOWS).json()["results"][0]
        assert people["viewer"].patch(note, {"name": "Mine"}).status_code == 403

    def test_each_is_told_what_they_may_do(self, people, note):
        everything = ["run", "edit", "publish"]
        assert {role: people[role].get(note).json()["may"] for role in ("owner", "admin", "editor")} == {
            "owner": everything, "admin": everything, "editor": ["run", "edit"]}
        viewer, editor = (str(people[f"{role}_user"].id) for role in ("viewer", "editor"))
        people["admin"].put(f"{note}permissions/", {"user": viewer, "actions": ["view", "run", "edit"]})
        people["admin"].put(f"{note}permissions/", {"user": editor, "actions": ["view", "run"]})
        assert people["viewer"].get(note).json()["may"] == [], "running and editing take an editor's membership, too"
        assert people["editor"].get(note).json()["may"] == ["run"]
        assert people["editor"].patch(note, {"name": "Mine"}).status_code == 403

    def test_what_one_may_do_is_no_part_of_the_etag(self, people, note):
        assert people["admin"].get(note)["ETag"] == people["editor"].get(note)["ETag"]

    def test_owners_and_admins_see_everything(self, people, note):
        for role in ("owner", "admin"):
            assert [each["name"] for each in people[role].get(WORKFLOWS).json()["results"]] == ["Note"]

    def test_foreign_and_missing_ones_are_answered_alike(self, people, make_tenant, make_member, api, note):
        other = api(make_member(make_tenant("other"), "x@example.org", "owner"))
        for path in ("", "versions/", "versions/1/", "permissions/"):
            for client, where in [(other, note), (other, note.replace("acme", "other")),
                                  (people["admin"], f"{WORKFLOWS}{new_id()}/"), (people["admin"], f"{WORKFLOWS}x/")]:
                response = client.get(f"{where}{path}")
                assert (response.status_code, response.json()["code"]) == (404, "not_found")
        for number in ("2", "0", "-1", "x", "٣", "99999999999"):
            assert people["admin"].get(f"{note}versions/{number}/").status_code == 404

    def test_the_list_has_a_fixed_price(self, people, note, django_assert_num_queries):
        with django_assert_num_queries(12):
            people["editor"].get(WORKFLOWS)
        for n in range(3):
            people["editor"].post(WORKFLOWS, {"name": f"Another {n}", "spec": SPEC})
            people["editor"].post(f"{note}versions/", {"spec": SPEC})
        with django_assert_num_queries(12):
            assert len(people["editor"].get(WORKFLOWS).json()["results"]) == 4
        with django_assert_num_queries(11):
            versions = people["editor"].get(f"{note}versions/").json()["results"]
        with django_assert_num_queries(11):
            people["editor"].get(f"{note}versions/4/")
        assert [version["number"] for version in versions] == [4, 3, 2, 1]

    def test_a_token_needs_the_scope(self, acme, people, note, api_token):
        admin = people["admin_user"]
        reader = api_token(acme, admin, "workflows:read")
        assert reader.get(note).status_code == 200
        refused = reader.post(WORKFLOWS, {"gallery": "newsletter"})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        assert api_token(acme, admin, "runs:read").get(note).status_code == 403
        assert api_token(acme, admin, "workflows:write").post(WORKFLOWS, {"gallery": "newsletter"}).status_code == 201


class TestChanging:
    def test_names_and_archiving(self, acme, people, note):
        told = people["editor"].patch(note, {"name": "Notes", "archived": True}).json()
        assert told["name"] == "Notes"
        assert told["archived_at"]
        assert people["editor"].get(WORKFLOWS).json()["results"] == []
        assert len(people["editor"].get(f"{WORKFLOWS}?archived=true").json()["results"]) == 1
        assert people["editor"].patch(note, {"archived": False}).json()["archived_at"] is None
        with tenant_context(acme.id):
            assert AuditEntry.objects.filter(action="template.changed").count() == 2

    def test_an_editor_who_was_not_given_the_right_edits_nothing(self, acme, people, note, make_member, api):
        another = make_member(acme, "another@example.org", "editor")
        assert api(another).patch(note, {"name": "Mine"}).status_code == 404
        people["admin"].put(f"{note}permissions/", {"user": str(another.id), "actions": ["view", "run"]})
        for method, path, body in [("patch", "", {"name": "Mine"}), ("post", "versions/", {"spec": SPEC}),
                                   ("patch", "versions/1/", {"notes": "x"})]:
            assert getattr(api(another), method)(f"{note}{path}", body).status_code == 403
        people["admin"].put(f"{note}permissions/", {"user": str(another.id), "actions": ["edit"]})
        assert api(another).patch(note, {"name": "Ours"}).status_code == 200

    def test_only_admins_publish_retire_and_permit(self, people, note):
        for role in ("editor", "viewer"):
            for path in ("publish", "retire"):
                assert people[role].post(f"{note}versions/1/{path}/").status_code == 403
            assert people[role].put(f"{note}permissions/", {}).status_code == 403
        assert people["viewer"].post(WORKFLOWS, {"gallery": "newsletter"}).status_code == 403

    def test_drafts_change_and_are_numbered_in_turn(self, acme, people, note):
        changed = {**SPEC, "name": "Other"}
        told = people["editor"].patch(f"{note}versions/1/", {"spec": changed, "notes": "Renamed"}).json()
        assert (told["spec"]["name"], told["notes"]) == ("Other", "Renamed")
        second = people["editor"].post(f"{note}versions/", {"spec": json.dumps(SPEC), "notes": "Again"})
        assert second["Location"] == f"{note}versions/2/"
        assert second.json()["spec_hash"] != told["spec_hash"]
        with tenant_context(acme.id):
            assert list(Version.objects.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_a_draft_cannot_be_retired(self, people, note):
        response = people["admin"].post(f"{note}versions/1/retire/")
        assert (response.status_code, response.json()["code"]) == (409, "version_not_published")


class TestPermissions:
    @pytest.fixture
    def role(self, acme, people):
        with tenant_context(acme.id):
            role = create_role(name="Editor", actor=Actor.system("test"))
            add_role_member(role=role, user=people["viewer_user"], actor=Actor.system("test"))
        return role

    def test_roles_decide_and_people_see(self, people, note, role, django_assert_num_queries):
        people["admin"].put(f"{note}permissions/", {"role": str(role.id), "actions": ["view", "run", "decide"]})
        with django_assert_num_queries(13):
            told = people["editor"].get(f"{note}permissions/").json()["results"]
        assert [(each["role"] and each["role"]["name"], each["user"] and each["user"]["email"], each["actions"])
                for each in told] == [("Editor", None, ["view", "run", "decide"]),
                                      (None, "editor@example.org", ["view", "run", "edit"])]
        assert people["viewer"].get(note).status_code == 200
        told = people["admin"].put(f"{note}permissions/", {"role": str(role.id), "actions": []}).json()["results"]
        assert [each["role"] for each in told] == [None]

    @pytest.mark.parametrize(("asked", "faults"), [
        ({"actions": ["view"]}, {"role": "one_of"}),
        ({"role": "x", "actions": ["view"]}, {"role": "invalid"}),
        ({"role": str(new_id()), "actions": ["view"]}, {"role": "unknown"}),
        ({"user": "viewer", "actions": ["decide"]}, {"actions": "decide_takes_a_role"}),
        ({"user": "viewer", "actions": ["fly"]}, {"actions.0": "invalid_choice"}),
        ({"user": "viewer"}, {"actions": "required"}),
    ])
    def test_what_makes_no_sense_is_refused(self, people, note, asked, faults):
        if asked.get("user") == "viewer":
            asked = {**asked, "user": str(people["viewer_user"].id)}
        assert faults_of(people["admin"].put(f"{note}permissions/", asked)) == faults

    @pytest.mark.parametrize("action", ["view", "decide"])
    def test_somebody_elses_people_and_nobody_get_the_same_answer(self, people, note, make_user, action):
        foreign, missing = (people["admin"].put(f"{note}permissions/", {"user": str(id), "actions": [action]})
                            for id in (make_user("stranger@example.org").id, new_id()))
        assert faults_of(foreign) == {"user": "not_a_member"}
        assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())

    def test_a_token_that_may_not_read_roles_is_told_of_nobody(self, acme, people, note, api_token):
        for path in (f"{note}permissions/", TestRights.RIGHTS):
            refused = api_token(acme, people["editor_user"], "workflows:read").get(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
            assert "roles:read" in refused.json()["detail"]
            assert api_token(acme, people["editor_user"], "roles:read").get(path).status_code == 403
            both = api_token(acme, people["editor_user"], "workflows:read", "roles:read").get(path)
            assert both.status_code == 200
            assert len(both.json()["results"]) == 1


class TestGalleryAndSchema:
    def test_whoever_is_signed_in_reads_them(self, people, api):
        [newsletter] = people["viewer"].get("/api/v1/gallery/").json()["results"]
        assert newsletter["id"] == "newsletter"
        assert newsletter["spec"]["start"] == "draft"
        schema = people["viewer"].get("/api/v1/workflow-schema/").json()
        assert schema["title"] == "Countersign workflow"
        for path in ("gallery", "workflow-schema"):
            assert api().get(f"/api/v1/{path}/").status_code == 401


def test_a_removed_member_is_out(acme, people, note):
    with tenant_context(acme.id):
        Membership.objects.filter(user=people["editor_user"]).delete()
    assert people["editor"].get(note).status_code == 404


class TestRights:
    """Who may do what with all workflows at once."""

    RIGHTS = "/api/v1/tenants/acme/permissions/"

    @pytest.fixture
    def editors(self, acme, people, note):
        """A role that may decide on the note, held by the viewer and by an admin."""
        with tenant_context(acme.id):
            role = create_role(name="Editor", actor=Actor.system("test"))
            for who in ("viewer", "admin"):
                add_role_member(role=role, user=people[f"{who}_user"], actor=Actor.system("test"))
        people["admin"].put(f"{note}permissions/", {"role": str(role.id), "actions": ["view", "decide"]})
        return role

    def the_only(self, client):
        return client.get(self.RIGHTS).json()["results"][0]

    def test_it_tells_what_each_workflow_tells_and_who_could_decide(self, people, note, editors):
        told = self.the_only(people["editor"])
        assert told["permissions"] == people["editor"].get(f"{note}permissions/").json()["results"]
        assert [(each["email"], [role["name"] for role in each["roles"]]) for each in told["deciders"]] == [
            ("admin@example.org", ["Editor"]), ("viewer@example.org", ["Editor"])]
        assert (told["name"], told["published"], told["gates"]) == ("Note", None, [])

    def test_whoever_could_not_decide_is_not_named(self, acme, people, note, editors, make_member):
        with tenant_context(acme.id):
            other = create_role(name="Legal", actor=Actor.system("test"))
            add_role_member(role=other, user=people["editor_user"], actor=Actor.system("test"))
            people["admin_user"].__class__.objects.filter(pk=people["admin_user"].pk).update(is_active=False)
        told = self.the_only(people["owner"])
        assert [each["email"] for each in told["deciders"]] == ["viewer@example.org"], "no right, and shut out"
        people["owner"].put(f"{note}permissions/", {"role": str(editors.id), "actions": ["view"]})
        assert self.the_only(people["owner"])["deciders"] == []

    def test_a_rule_that_nobody_can_meet_is_told(self, acme, people, note, editors):
        pin = {"policy": {"stages": [{"rules": [{"role": "Editor", "count": 3, "role_id": str(editors.id)}]}]},
               "policy_hash": "x"}
        with tenant_context(acme.id):
            Version.objects.update(status="published", pins={"gates": {"sign": pin}})
        gate, = self.the_only(people["editor"])["gates"]
        assert (gate["id"], gate["words"]) == ("sign", "Needs 3 × Editor (all different people).")
        assert [(rule["role"], rule["count"], rule["lacks"]) for rule in gate["rules"]] == [("Editor", 3, 1)]

    def test_it_shows_only_what_one_may_see(self, people, note, make_tenant, make_member, api):
        assert people["viewer"].get(self.RIGHTS).json()["results"] == []
        other = api(make_member(make_tenant("other"), "x@example.org", "owner"))
        assert other.get(self.RIGHTS.replace("acme", "other")).json()["results"] == []
        people["editor"].patch(note, {"archived": True})
        assert people["owner"].get(self.RIGHTS).json()["results"] == []

    def test_many_workflows_cost_what_one_costs(self, people, note, editors, django_assert_num_queries):
        with django_assert_num_queries(17):
            self.the_only(people["editor"])
        for n in range(3):
            people["editor"].post(WORKFLOWS, {"name": f"Another {n}", "spec": SPEC})
        with django_assert_num_queries(17):
            told = people["editor"].get(self.RIGHTS).json()["results"]
        assert [each["name"] for each in told] == ["Another 0", "Another 1", "Another 2", "Note"]
