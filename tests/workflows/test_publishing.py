"""Publishing: checked against the real host's contract over HTTP, pinned, and never changed again."""

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction

from approvals.services import add_role_member, create_role, set_permission
from countersign.canonical import content_hash
from countersign.database.context import tenant_context
from tenants.audit import Actor, AuditEntry
from tests.loopback_catalogue import LoopbackCatalogue
from workflows.models import Template, Version, VersionStatus
from workflows.queries.templates import published_version
from workflows.services.templates import change_draft, create_draft, create_template
from workflows.spec.pins import Pins

WORKFLOWS = "/api/v1/tenants/acme/workflows/"
SYSTEM = Actor.system("test")


@pytest.fixture
def catalogue(settings):
    with LoopbackCatalogue(settings.GRANT_VERIFY_KEYS) as catalogue:
        settings.TOOLSERVER_URL = catalogue.url
        yield catalogue


@pytest.fixture
def acme(db, make_tenant):
    return make_tenant("acme")


@pytest.fixture
def admin(acme, make_member):
    return make_member(acme, "admin@example.org", "admin")


@pytest.fixture
def editor_role(acme, make_member):
    with tenant_context(acme.id):
        role = create_role(name="Editor", actor=SYSTEM)
        add_role_member(role=role, user=make_member(acme, "editor@example.org", "editor"), actor=SYSTEM)
    return role


@pytest.fixture
def newsletter(acme, admin, editor_role):
    """The gallery's newsletter, of which an Editor may decide; the path of its draft."""
    from workflows.gallery import gallery

    with tenant_context(acme.id):
        template = create_template(name="Newsletter", spec=gallery()["newsletter"].spec, by=admin, actor=SYSTEM)
        set_permission(template.scope, editor_role, ["decide"], SYSTEM)
    return f"{WORKFLOWS}{template.id}/versions/1/"


def the_version(acme, **wanted):
    with tenant_context(acme.id):
        return Version.objects.get(**wanted)


class TestPublishing:
    def test_pins_what_its_names_mean(self, acme, admin, api, catalogue, newsletter, editor_role):
        response = api(admin).post(f"{newsletter}publish/")
        assert response.status_code == 200, response.content
        told = response.json()
        assert (told["status"], told["published_by"], told["warnings"]) == ("published", str(admin.id), [])
        pins = Pins.model_validate(the_version(acme).pins)
        gate = pins.gates["gate"]
        assert gate.policy["stages"][0]["rules"] == [{"role": "Editor", "count": 1, "role_id": str(editor_role.id)}]
        assert gate.policy_hash == content_hash(gate.policy)
        assert {name: (pin.schema_hash, pin.read_only) for name, pin in pins.tools.items()} == {
            "email.send": ("sha256:mail", False), "files.write": ("sha256:files", False)}
        assert pins.tools["files.write"].annotations["idempotentHint"] is True
        assert pins.models == ["offline-reviewer", "offline-writer"]
        with tenant_context(acme.id):
            entry = AuditEntry.objects.get(action="version.published")
            assert entry.data["spec_hash"] == told["spec_hash"]
            assert published_version(Template.objects.get()).number == 1
        assert api(admin).get(newsletter.removesuffix("versions/1/")).json()["published"] == 1

    def test_the_host_is_asked_for_this_tenant_on_the_persons_behalf(self, acme, admin, api, catalogue, newsletter):
        api(admin).post(f"{newsletter}publish/")
        assert catalogue.asked == [("v1/models", acme.id, str(admin.id)), ("mcp", acme.id, str(admin.id)),
                                   ("mcp", acme.id, str(admin.id))]

    def test_twice_is_once(self, acme, admin, api, catalogue, newsletter):
        first, second = (api(admin).post(f"{newsletter}publish/").json() for _ in range(2))
        assert first == second
        with tenant_context(acme.id):
            assert AuditEntry.objects.filter(action="version.published").count() == 1

    def test_every_fault_is_told_at_once_and_nothing_changes(self, acme, admin, api, catalogue, newsletter):
        version = the_version(acme)
        spec = {**version.spec, "nodes": [dict(node) for node in version.spec["nodes"]]}
        spec["nodes"][0]["model"] = "gpt"
        spec["nodes"][1]["next"] = "send"
        spec["nodes"][2]["policy"] = {"stages": [{"rules": [{"role": "Legal"}, {"role": "Editor"}]}]}
        with tenant_context(acme.id):
            change_draft(version=version, spec=spec, actor=SYSTEM)
        catalogue.tools = [tool for tool in catalogue.tools if tool["name"] != "files.write"]
        response = api(admin).post(f"{newsletter}publish/")
        assert (response.status_code, response.json()["code"]) == (422, "spec_invalid")
        assert {fault["field"]: fault["code"] for fault in response.json()["fields"]} == {
            "nodes.0.model": "unknown_model", "nodes.2": "unreachable", "nodes.3": "unreachable",
            "nodes.2.policy.stages.0.rules.0.role": "unknown_role", "nodes.3.tool": "unknown_tool",
            "nodes.4": "missing_gate"}
        assert the_version(acme).status == VersionStatus.DRAFT
        same = api(admin).post(f"{newsletter}validate/")
        assert same.status_code == 200
        assert same.json()["faults"] == response.json()["fields"]

    def test_a_policy_that_nobody_meets_is_a_warning(self, acme, admin, api, catalogue, newsletter, editor_role):
        with tenant_context(acme.id):
            set_permission(Template.objects.get().scope, editor_role, [], SYSTEM)
        told = api(admin).post(f"{newsletter}publish/").json()
        assert told["status"] == "published"
        assert [(each["field"], each["code"]) for each in told["warnings"]] == [("nodes.2.policy", "nobody_can_decide")]

    @pytest.mark.parametrize("trouble", ["refused", "status", "nonsense", "forged"])
    def test_without_the_host_nothing_changes(self, acme, admin, api, catalogue, newsletter, settings, trouble):
        if trouble == "refused":
            settings.TOOLSERVER_URL = "http://127.0.0.1:9"
        elif trouble == "status":
            catalogue.status = 502
        elif trouble == "nonsense":
            catalogue.models = [{"name": "no id"}]
        else:
            catalogue.keys = []
        for path in ("publish", "validate"):
            response = api(admin).post(f"{newsletter}{path}/")
            assert (response.status_code, response.json()["code"]) == (503, "toolserver_unavailable")
        assert the_version(acme).status == VersionStatus.DRAFT

    @pytest.mark.parametrize("named", [True, False])
    def test_a_draft_that_changes_meanwhile_is_not_published(self, acme, admin, api, catalogue, newsletter,
                                                             monkeypatch, named):
        from workflows.services import publishing

        ask = publishing.fetch_catalogue
        body = {"spec_hash": the_version(acme).spec_hash} if named else {}

        def ask_and_edit(**who):
            with tenant_context(acme.id):
                change_draft(version=Version.objects.get(), spec={"name": "Other"}, actor=SYSTEM)
            return ask(**who)

        monkeypatch.setattr(publishing, "fetch_catalogue", ask_and_edit)
        response = api(admin).post(f"{newsletter}publish/", body)
        assert (response.status_code, response.json()["code"]) == (409, "version_changed")

    def test_what_was_read_is_published_or_nothing(self, acme, admin, api, catalogue, newsletter):
        read = api(admin).get(newsletter).json()["spec_hash"]
        with tenant_context(acme.id):
            changed = change_draft(version=Version.objects.get(), spec={**the_version(acme).spec, "name": "Other"},
                                   actor=SYSTEM)
        response = api(admin).post(f"{newsletter}publish/", {"spec_hash": read})
        assert (response.status_code, response.json()["code"]) == (409, "version_changed")
        assert catalogue.asked == []
        assert the_version(acme).status == VersionStatus.DRAFT
        for _ in range(2):  # after a lost answer it is sent again
            done = api(admin).post(f"{newsletter}publish/", {"spec_hash": changed.spec_hash})
            assert (done.status_code, done.json()["spec_hash"]) == (200, changed.spec_hash)
        late = api(admin).post(f"{newsletter}publish/", {"spec_hash": read})
        assert (late.status_code, late.json()["code"]) == (409, "version_changed"), "another's was published"

    @pytest.mark.django_db(transaction=True)
    def test_the_host_is_asked_outside_of_any_transaction(self, acme, admin, api, catalogue, newsletter):
        seen = []
        database = connection.settings_dict

        def look():
            with psycopg.connect(host=database["HOST"], port=database["PORT"], user=database["USER"],
                                 dbname=database["NAME"]) as other:
                seen.append(other.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                          "AND state LIKE 'idle in transaction%'").fetchone()[0])

        catalogue.on_request = look
        assert api(admin).post(f"{newsletter}publish/").status_code == 200
        assert seen == [0, 0, 0]


class TestCheckingASpecThatIsNobodysVersion:
    path = f"{WORKFLOWS}validate/"

    def test_it_finds_what_publishing_would_and_keeps_nothing(self, acme, admin, api, catalogue, newsletter):
        spec = the_version(acme).spec
        nodes = [dict(node) for node in spec["nodes"]]
        nodes[0]["model"], nodes[2]["policy"] = "gpt", {"stages": [{"rules": [{"role": "Legal"}]}]}
        found = api(admin).post(self.path, {"spec": {**spec, "nodes": nodes}})
        assert found.status_code == 200, found.content
        assert [fault["field"] for fault in found.json()["faults"]] == [
            "nodes.0.model", "nodes.2.policy.stages.0.rules.0.role"]
        assert api(admin).post(self.path, {"spec": spec}).json()["faults"] == []
        with tenant_context(acme.id):
            assert Version.objects.get().spec == spec

    def test_yaml_is_read_as_it_is(self, admin, api, catalogue):
        found = api(admin).post(self.path, "name: Note\nstart: nowhere\nnodes: []", content_type="application/yaml")
        assert {fault["field"] for fault in found.json()["faults"]} == {"nodes"}
        broken = api(admin).post(self.path, {"spec": "name: [Note"})
        assert (broken.status_code, broken.json()["code"]) == (422, "spec_unreadable")
        assert broken.json()["detail"].startswith("Line 2, column 1: ")

    def test_who_could_decide_is_looked_at_for_a_workflow_that_one_may_see(self, acme, admin, api, catalogue,
                                                                           make_member, newsletter, editor_role):
        template = the_version(acme).template_id
        asked = {"spec": the_version(acme).spec, "workflow": str(template)}
        assert api(admin).post(self.path, asked).json()["warnings"] == []
        with tenant_context(acme.id):
            set_permission(Template.objects.get().scope, editor_role, [], SYSTEM)
        assert [each["code"] for each in api(admin).post(self.path, asked).json()["warnings"]] == ["nobody_can_decide"]
        assert api(admin).post(self.path, {"spec": asked["spec"]}).json()["warnings"] == []
        outsider = api(make_member(acme, "viewer@example.org", "viewer"))
        assert outsider.post(self.path, asked).status_code == 404


class TestPublishedVersions:
    @pytest.fixture
    def published(self, acme, admin, api, catalogue, newsletter):
        assert api(admin).post(f"{newsletter}publish/").status_code == 200
        return the_version(acme)

    def test_the_api_refuses_to_change_one(self, acme, admin, api, newsletter, published):
        response = api(admin).patch(newsletter, {"notes": "x"})
        assert (response.status_code, response.json()["code"]) == (409, "version_published")
        retired = api(admin).post(f"{newsletter}retire/")
        assert retired.json()["status"] == "retired"
        assert api(admin).post(f"{newsletter}retire/").json() == retired.json()
        for method, path in [("patch", ""), ("post", "publish/")]:
            response = getattr(api(admin), method)(f"{newsletter}{path}", {"notes": "x"})
            assert (response.status_code, response.json()["code"]) == (409, "version_retired")
        with tenant_context(acme.id):
            assert published_version(Template.objects.get()) is None

    @pytest.mark.parametrize("role", ["web", "owner"])
    @pytest.mark.parametrize("change", [
        "spec = '{}'", "pins = '{}'", "notes = 'x'", "number = 9", "status = 'draft'", "published_at = now()",
        "status = 'retired', notes = 'x'"])
    def test_the_database_keeps_one_as_it_is(self, acme, published, as_role, role, change):
        with as_role(role), tenant_context(acme.id), pytest.raises(DatabaseError, match="it never changes"), \
                transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE workflows_version SET {change} WHERE id = %s", [published.id])

    def test_the_database_deletes_none(self, acme, published, as_role):
        with as_role("owner"), tenant_context(acme.id), pytest.raises(DatabaseError, match="it never changes"), \
                transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM workflows_version")

    def test_a_retired_one_never_comes_back(self, acme, published):
        with tenant_context(acme.id):
            Version.objects.filter(id=published.id).update(status="retired")
            for status in ("published", "draft"):
                with pytest.raises(DatabaseError, match="it never changes"), transaction.atomic():
                    Version.objects.filter(id=published.id).update(status=status)

    def test_a_role_that_it_asks_cannot_be_removed(self, acme, admin, api, newsletter, published, editor_role):
        path = f"/api/v1/tenants/acme/roles/{editor_role.id}/"
        response = api(admin).delete(path)
        assert response.status_code == 409, response.content
        assert "“Newsletter” version 1" in response.json()["detail"]
        api(admin).post(f"{newsletter}retire/")
        assert api(admin).delete(path).status_code == 204

    def test_a_later_draft_leaves_it_alone(self, acme, admin, published):
        with tenant_context(acme.id):
            draft = create_draft(template=published.template, spec={"name": "Later"}, by=admin, actor=SYSTEM)
            change_draft(version=draft, spec={"name": "Later still"}, actor=SYSTEM)
            assert published_version(published.template) == published


def test_the_engine_reads_versions_and_writes_none(acme, admin, newsletter, as_role):
    with as_role("engine"), tenant_context(acme.id):
        assert Version.objects.count() == 1
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Version.objects.update(notes="x")
    with as_role("tools"), tenant_context(acme.id), pytest.raises(DatabaseError, match="permission denied"), \
            transaction.atomic():
        Version.objects.count()


def test_web_tokens_are_signed_with_the_process_s_own_key(acme, admin):
    from countersign.signing import VerifyKey
    from countersign.web_token import sign_web_token, verify_web_token

    keys = [VerifyKey.load(key) for key in django_settings.GRANT_VERIFY_KEYS]
    claims = verify_web_token(sign_web_token(acme.id, admin.id, ["catalogue"]), keys, tenant=acme.id, scope="catalogue")
    assert (claims.tenant, claims.sub) == (acme.id, admin.id)
