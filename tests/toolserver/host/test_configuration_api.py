"""Credentials, models, tools and tool calls over REST."""

import pytest

from countersign.database.context import tenant_context
from tenants.models import AuditEntry
from toolserver.host.models import Credential

SMTP = {"host": "mail.example.org", "port": 587, "username": "news", "password": "canary-password-81f3",
        "tls": "starttls", "from": "News <news@acme.example>"}
KEY = {"name": "key", "kind": "model_key", "secret": {"api_key": "canary-key-77aa"}}
PROVIDER = {"model": "openai/gpt-x", "credential": None, "api_base": None, "params": {}}
FILE = {"name": "letter.md", "content": "Hello"}


@pytest.fixture
def base(host, team):
    return f"/api/v1/tenants/{team.tenant.slug}"


@pytest.fixture
def admin(team, api):
    return api(team.admin)


@pytest.fixture
def viewer(team, api, make_member):
    return api(make_member(team.tenant, "viewer@acme.example", "viewer"))


@pytest.fixture
def mail(admin, base):
    answer = admin.post(f"{base}/credentials/", {"name": "mail", "kind": "smtp", "secret": SMTP})
    assert answer.status_code == 201, answer.content
    return answer.json()


def audited(team) -> list[str]:
    with tenant_context(team.tenant.id):
        entries = AuditEntry.objects.filter(actor_id=team.admin.id).order_by("id")
        return list(entries.values_list("action", flat=True))[-1:]


class TestCredentials:
    def test_one_is_kept_and_never_shown(self, team, admin, base, mail):
        assert {**mail, "id": 0, "created_at": 0} == {
            "id": 0, "name": "mail", "kind": "smtp", "version": 1, "created_by": team.admin.email, "created_at": 0,
            "rotated_at": None, "last_used_at": None}
        assert audited(team) == ["credential.created"]
        for path in ("credentials/", f"credentials/{mail['id']}/"):
            assert "canary" not in admin.get(f"{base}/{path}").content.decode()

    def test_rotation_makes_a_new_version(self, team, admin, base, mail):
        answer = admin.put(f"{base}/credentials/{mail['id']}/", {"secret": {**SMTP, "password": "canary-2"}})
        assert answer.status_code == 200
        assert (answer.json()["version"], answer.json()["name"]) == (2, "mail")
        assert answer.json()["rotated_at"]
        assert audited(team) == ["credential.rotated"]

    def test_one_is_removed(self, team, admin, base, mail):
        assert admin.delete(f"{base}/credentials/{mail['id']}/").status_code == 204
        assert admin.get(f"{base}/credentials/").json()["results"] == []
        assert audited(team) == ["credential.removed"]

    def test_one_that_a_model_needs_stays(self, admin, base):
        key = admin.post(f"{base}/credentials/", KEY).json()
        admin.post(f"{base}/models/", {"alias": "writer", "providers": [{**PROVIDER, "credential": "key"}]})
        refused = admin.delete(f"{base}/credentials/{key['id']}/")
        assert (refused.status_code, refused.json()["code"]) == (409, "credential_in_use")

    def test_a_name_is_taken_once(self, admin, base, mail):
        refused = admin.post(f"{base}/credentials/", {"name": "mail", "kind": "smtp", "secret": SMTP})
        assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")

    @pytest.mark.parametrize(("change", "field"), [
        ({"host": ""}, "secret.host"), ({"host": "a\r\nb"}, "secret.host"), ({"host": 7}, "secret.host"),
        ({"port": 0}, "secret.port"), ({"port": "many"}, "secret.port"), ({"tls": "maybe"}, "secret.tls"),
        ({"from": "nobody"}, "secret.from"), ({"password": None}, "secret.password"), ({"more": 1}, "secret.more")])
    def test_what_is_wrong_with_a_secret_is_named_and_not_repeated(self, admin, base, change, field):
        refused = admin.post(f"{base}/credentials/", {"name": "mail", "kind": "smtp", "secret": {**SMTP, **change}})
        assert refused.status_code == 422, refused.content
        assert [fault["field"] for fault in refused.json()["fields"]] == [field]
        assert "canary" not in refused.content.decode()

    def test_every_fault_is_named_at_once(self, admin, base):
        refused = admin.post(f"{base}/credentials/", {"name": "mail", "kind": "smtp", "secret": {"port": -1}})
        assert {fault["field"] for fault in refused.json()["fields"]} == {"secret.host", "secret.port", "secret.from"}
        refused = admin.post(f"{base}/credentials/", {"name": "", "kind": "ftp"})
        assert {fault["field"] for fault in refused.json()["fields"]} == {"name", "kind", "secret"}

    def test_viewers_read_and_only_admins_write(self, team, api, base, mail, viewer):
        path = f"{base}/credentials/{mail['id']}/"
        assert viewer.get(path).status_code == 200
        for person in (viewer, api(team.editor)):
            assert person.post(f"{base}/credentials/", KEY).status_code == 403
            assert person.put(path, {"secret": SMTP}).status_code == 403
            assert person.delete(path).status_code == 403

    def test_another_team_is_told_404(self, make_team, api, base, mail):
        stranger = make_team("other")
        theirs = f"/api/v1/tenants/other/credentials/{mail['id']}/"
        for client, path in ((api(stranger.admin), theirs), (api(stranger.admin), f"{base}/credentials/{mail['id']}/")):
            assert client.get(path).status_code == 404
            assert client.put(path, {"secret": SMTP}).status_code == 404
            assert client.delete(path).status_code == 404
        assert api(stranger.admin).get("/api/v1/tenants/other/credentials/not-an-id/").status_code == 404

    def test_the_list_takes_few_queries(self, admin, base, mail, django_assert_num_queries):
        with django_assert_num_queries(8):
            admin.get(f"{base}/credentials/")

    def test_without_the_host_the_first_secret_waits_and_later_ones_do_not(self, admin, base, settings, team, host):
        settings.TOOLSERVER_URL = "http://127.0.0.1:9"
        refused = admin.post(f"{base}/credentials/", KEY)
        assert (refused.status_code, refused.json()["code"]) == (503, "toolserver_unavailable")
        settings.TOOLSERVER_URL = host.url
        assert admin.post(f"{base}/credentials/", KEY).status_code == 201
        settings.TOOLSERVER_URL = "http://127.0.0.1:9"
        assert admin.post(f"{base}/credentials/", {**KEY, "name": "second"}).status_code == 201


class TestModels:
    def test_the_offline_ones_are_listed_as_such(self, viewer, base):
        models = {model["alias"]: model for model in viewer.get(f"{base}/models/").json()["results"]}
        assert {"offline-writer", "offline-reviewer"} <= models.keys()
        assert models["offline-writer"]["offline"]
        assert models["offline-writer"]["built_in"]
        assert "offline" in models["offline-writer"]["label"].lower()

    def test_an_alias_is_made_changed_and_removed(self, team, admin, base):
        admin.post(f"{base}/credentials/", KEY)
        made = admin.post(f"{base}/models/", {"alias": "writer", "providers": [{**PROVIDER, "credential": "key"}]})
        assert made.status_code == 201
        listed = admin.get(f"{base}/models/writer/").json()
        assert (listed["offline"], listed["built_in"], listed["providers"][0]["credential"]) == (False, False, "key")
        changed = admin.put(f"{base}/models/writer/", {"providers": [PROVIDER, {**PROVIDER, "model": "ollama/x"}]})
        assert [provider["model"] for provider in changed.json()["providers"]] == ["openai/gpt-x", "ollama/x"]
        assert audited(team) == ["model.changed"]
        assert admin.delete(f"{base}/models/writer/").status_code == 204
        assert admin.get(f"{base}/models/writer/").status_code == 404

    @pytest.mark.parametrize(("body", "field"), [
        ({"alias": "offline-mine", "providers": [PROVIDER]}, "alias"),
        ({"alias": "Ä", "providers": [PROVIDER]}, "alias"),
        ({"alias": "a", "providers": []}, "providers"),
        ({"alias": "a", "providers": [{**PROVIDER, "model": "gpt"}]}, "providers.0.model"),
        ({"alias": "a", "providers": [PROVIDER, {**PROVIDER, "credential": "none"}]}, "providers.1.credential"),
        ({"alias": "a", "providers": [{**PROVIDER, "api_base": "file:///etc/passwd"}]}, "providers.0.api_base"),
        ({"alias": "a", "providers": [{**PROVIDER, "api_base": "https://u:pw@h.example/"}]}, "providers.0.api_base"),
        ({"alias": "a", "providers": [{**PROVIDER, "api_base": "https://h.example/?key=canary"}]},
         "providers.0.api_base"),
        ({"alias": "a", "providers": [{**PROVIDER, "params": {"api_key": "sk-canary"}}]}, "providers.0.params"),
    ])
    def test_what_is_wrong_is_named(self, admin, base, body, field):
        refused = admin.post(f"{base}/models/", body)
        assert refused.status_code == 422, refused.content
        assert field in {fault["field"] for fault in refused.json()["fields"]}

    def test_an_smtp_credential_is_no_model_key(self, admin, base, mail):
        refused = admin.post(f"{base}/models/", {"alias": "a", "providers": [{**PROVIDER, "credential": "mail"}]})
        assert refused.status_code == 422

    def test_another_teams_aliases_are_not_there(self, make_team, api, admin, base):
        admin.post(f"{base}/models/", {"alias": "writer", "providers": [PROVIDER]})
        other = api(make_team("other").admin)
        path = "/api/v1/tenants/other/models/"
        assert '"writer"' not in other.get(path).content.decode()
        assert other.put(f"{path}writer/", {"providers": [PROVIDER]}).status_code == 404
        assert other.post(path, {"alias": "writer", "providers": [PROVIDER]}).status_code == 201

    def test_only_admins_write(self, team, api, base):
        assert api(team.editor).post(f"{base}/models/", {"alias": "a", "providers": [PROVIDER]}).status_code == 403


class TestTools:
    def test_they_are_listed_with_their_schema_hash(self, viewer, base, worker):
        tools = {tool["name"]: tool for tool in viewer.get(f"{base}/tools/").json()["results"]}
        assert tools["files.write"]["schema_hash"] == worker.schema_hash("files.write")
        assert (tools["files.write"]["read_only"], tools["files.write"]["idempotent"]) == (False, True)
        assert tools["email.send"]["credential_kind"] == "smtp"
        assert tools["files.write"]["input_schema"]["type"] == "object"


class TestToolCalls:
    @pytest.fixture
    def call(self, team, worker, planned):
        approved = team.approve([planned()])
        worker.call("files.write", FILE, approved.meta("publish"))
        entry, = team.entries()
        return entry

    def test_they_are_listed_by_run_and_state(self, team, admin, base, call):
        listed = admin.get(f"{base}/tool-calls/?run={team.run}&state=done").json()["results"]
        assert [(item["id"], item["state"], item["arguments"]) for item in listed] == [(str(call.id), "done", FILE)]
        assert admin.get(f"{base}/tool-calls/{call.id}/").json() == listed[0]
        for query in (f"run={call.id}", "state=unknown"):
            assert admin.get(f"{base}/tool-calls/?{query}").json()["results"] == []
        refused = admin.get(f"{base}/tool-calls/?run=none")
        assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "run")

    def test_who_may_not_see_the_workflow_sees_none(self, base, call, viewer, api, team):
        assert viewer.get(f"{base}/tool-calls/").json()["results"] == []
        assert viewer.get(f"{base}/tool-calls/{call.id}/").status_code == 404
        assert len(api(team.editor).get(f"{base}/tool-calls/").json()["results"]) == 1

    def test_another_team_is_told_404(self, make_team, api, base, call):
        stranger = api(make_team("other").admin)
        assert stranger.get(f"/api/v1/tenants/other/tool-calls/{call.id}/").status_code == 404
        assert stranger.post(f"/api/v1/tenants/other/tool-calls/{call.id}/resolution/",
                             {"happened": True}).status_code == 404

    def test_what_is_known_needs_nobodys_word(self, admin, base, call):
        refused = admin.post(f"{base}/tool-calls/{call.id}/resolution/", {"happened": False})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_in_doubt")

    def test_a_word_says_yes_or_no(self, admin, base, call):
        refused = admin.post(f"{base}/tool-calls/{call.id}/resolution/", {"note": "well"})
        assert [fault["field"] for fault in refused.json()["fields"]] == ["happened"]

    def test_the_list_takes_few_queries(self, admin, base, call, django_assert_num_queries):
        with django_assert_num_queries(10):
            admin.get(f"{base}/tool-calls/")


def test_what_is_stored_is_a_box(team, mail, as_role):
    with as_role("tools"), tenant_context(team.tenant.id):
        box = bytes(Credential.objects.get().sealed)
    assert b"canary" not in box
    assert b"mail.example.org" not in box
