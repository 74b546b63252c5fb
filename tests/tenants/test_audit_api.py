import pytest

from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import Actor, record

pytestmark = pytest.mark.django_db
AUDIT = "/api/v1/tenants/acme/audit/"
RUN = new_id()


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def admin(acme, make_member):
    return make_member(acme, "admin@example.org", "admin")


@pytest.fixture
def entries(acme, admin):
    with tenant_context(acme.id):
        record(action="run.started", subject=("run", RUN), actor=Actor.of(admin), data={"n": 1})
        record(action="run.completed", subject=("run", RUN), actor=Actor.system("engine"))
        record(action="token.created", subject=("token", new_id()), actor=Actor.of(admin))


def actions(client, query=""):
    response = client.get(f"{AUDIT}{query}")
    assert response.status_code == 200, response.content
    return [entry["action"] for entry in response.json()["results"]]


def test_what_happened_newest_first(entries, admin, api, django_assert_num_queries):
    client = api(admin)
    client.get(f"{AUDIT}verify/")  # writes the links, as the end of the transaction would
    with django_assert_num_queries(10):
        results = client.get(AUDIT).json()["results"]
    assert [(e["sequence"], e["action"]) for e in results] == [
        (3, "token.created"), (2, "run.completed"), (1, "run.started")]
    assert [e["actor"]["label"] for e in results] == ["admin@example.org", "engine", "admin@example.org"]
    assert results[2] | {"subject": {"type": "run", "id": str(RUN)}, "data": {"n": 1}} == results[2]
    assert results[2]["actor"] == {"kind": "user", "id": str(admin.id), "via": "", "label": "admin@example.org"}


def test_it_is_filtered(entries, admin, api):
    client = api(admin)
    assert actions(client, "?action=run.started") == ["run.started"]
    assert actions(client, "?action=run.") == ["run.completed", "run.started"]
    assert actions(client, f"?subject={RUN}") == ["run.completed", "run.started"]
    assert actions(client, f"?actor={admin.id}") == ["token.created", "run.started"]
    assert actions(client, f"?actor={admin.id}&action=run.") == ["run.started"]
    assert actions(client, "?action=nothing") == []
    assert client.get(f"{AUDIT}?subject=x").json()["fields"][0]["field"] == "subject"


def test_it_is_verified(entries, admin, api):
    report = api(admin).get(f"{AUDIT}verify/").json()
    assert (report["ok"], report["entries"], report["first_fault"], len(report["head"])) == (True, 3, None, 64)


def test_a_team_verifies_once_at_a_time(entries, acme, admin, api):
    from tenants.api.views.audit import VERIFICATIONS

    client = api(admin)
    with VERIFICATIONS.taken(acme.id):
        refused = client.get(f"{AUDIT}verify/")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert client.get(f"{AUDIT}verify/").json()["ok"]


@pytest.mark.parametrize("what", ["", "verify/", "export/"])
def test_it_is_for_admins_of_the_team(entries, acme, make_tenant, make_member, api, what):
    assert api(make_member(acme, "e@example.org", "editor")).get(AUDIT + what).status_code == 403
    assert api(make_member(make_tenant("other"), "o@example.org", "owner")).get(AUDIT + what).status_code == 404
    assert api().get(AUDIT + what).status_code == 401


def test_a_token_needs_the_scope(entries, acme, admin, api_token):
    assert api_token(acme, admin, "audit:read").get(AUDIT).status_code == 200
    assert api_token(acme, admin, "runs:read").get(AUDIT).json()["code"] == "scope_missing"


def test_whatever_accept_says_the_answer_is_json(entries, admin, api):
    assert api(admin).get(AUDIT, headers={"Accept": "text/event-stream"})["Content-Type"] == "application/json"
