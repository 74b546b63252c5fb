"""Making a team, seeing one's own, changing one."""

import pytest

from countersign.database.context import tenant_context
from tenants.audit import AuditEntry, verify_chain
from tenants.models import Membership, MembershipRole, Tenant

pytestmark = pytest.mark.django_db
TENANTS = "/api/v1/tenants/"


def test_whoever_makes_a_team_owns_it(make_user, api):
    user = make_user("founder@example.org")
    response = api(user).post(TENANTS, {"name": "Acme & Söhne"})
    assert response.status_code == 201
    assert response.json() | {"slug": "acme-sohne", "name": "Acme & Söhne", "role": "owner"} == response.json()
    assert response["Location"] == "/api/v1/tenants/acme-sohne/"
    tenant = Tenant.objects.get(slug="acme-sohne")
    with tenant_context(tenant.id):
        assert Membership.objects.get().role == MembershipRole.OWNER
        assert AuditEntry.objects.get().action == "tenant.created"
    assert verify_chain(tenant.id).ok


def test_a_slug_may_be_chosen_and_is_unique(make_user, api):
    client = api(make_user())
    assert client.post(TENANTS, {"name": "Acme", "slug": "rockets"}).json()["slug"] == "rockets"
    taken = client.post(TENANTS, {"name": "Other", "slug": "rockets"})
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    assert Tenant.objects.count() == 1


def test_equal_names_get_different_slugs(make_user, api):
    client = api(make_user())
    assert [client.post(TENANTS, {"name": "Acme"}).json()["slug"] for _ in range(3)] == ["acme", "acme-2", "acme-3"]


@pytest.mark.parametrize(("name", "slug"), [
    ("日本", "team"), ("x" * 120, "x" * 44), ("a -- b__c", "a-b-c"), ("API", "api-2")])
def test_every_name_makes_a_slug(make_user, api, name, slug):
    assert api(make_user()).post(TENANTS, {"name": name}).json()["slug"] == slug


@pytest.mark.parametrize(("body", "field", "code"), [
    ({}, "name", "required"),
    ({"name": " "}, "name", "blank"),
    ({"name": "x" * 121}, "name", "max_length"),
    ({"name": "two\nlines"}, "name", "invalid"),
    ({"name": "A", "slug": "Upper"}, "slug", "invalid"),
    ({"name": "A", "slug": "-a"}, "slug", "invalid"),
    ({"name": "A", "slug": "x" * 51}, "slug", "max_length"),
    ({"name": "A", "slug": "api"}, "slug", "reserved"),
])
def test_bad_input_names_the_field(make_user, api, body, field, code):
    response = api(make_user()).post(TENANTS, body)
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert [(fault["field"], fault["code"]) for fault in response.json()["fields"]] == [(field, code)]


def test_an_unreadable_body_is_a_problem_too(make_user, api):
    response = api(make_user()).post(TENANTS, "{", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_the_address_must_be_verified(make_user, api):
    refused = api(make_user(verified=False)).post(TENANTS, {"name": "Acme"})
    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")


def test_nobody_owns_teams_without_end(make_user, make_tenant, make_member, api, monkeypatch):
    monkeypatch.setattr("tenants.services.teams.MOST_OWNED", 3)
    user = make_user()
    make_member(make_tenant("elsewhere"), user.email, "admin")
    client = api(user)
    answers = [client.post(TENANTS, {"name": "Acme"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201] * 3 + [409]
    assert answers[-1].json()["code"] == "too_many_teams"
    assert api(make_user("other@example.org")).post(TENANTS, {"name": "Acme"}).status_code == 201


def test_nobody_and_no_token_makes_a_team(make_tenant, make_member, api, api_token):
    assert api().post(TENANTS, {"name": "Acme"}).status_code == 401
    tenant = make_tenant()
    refused = api_token(tenant, make_member(tenant), "tenant:write").post(TENANTS, {"name": "Other"})
    assert (refused.status_code, refused.json()["code"]) == (403, "token_not_enough")


def test_a_repeated_request_makes_one_team(make_user, api):
    client = api(make_user())
    first, again = (client.post(TENANTS, {"name": "Acme"}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Tenant.objects.count() == 1
    reused = client.post(TENANTS, {"name": "Other"}, headers={"Idempotency-Key": "k"})
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


def test_a_persons_key_is_nobody_elses(make_user, api):
    for email in ("a@example.org", "b@example.org"):
        made = api(make_user(email)).post(TENANTS, {"name": "Acme"}, headers={"Idempotency-Key": "k"})
        assert made.status_code == 201
    assert Tenant.objects.count() == 2


def test_one_sees_ones_own_teams_with_ones_role(make_tenant, make_member, api, django_assert_num_queries):
    first, second, other = (make_tenant(slug) for slug in ("first", "second", "other"))
    user = make_member(first, role="viewer")
    make_member(second, user.email, "admin")
    make_member(other, "else@example.org")
    client = api(user)
    with django_assert_num_queries(7):
        page = client.get(TENANTS).json()
    assert [(t["slug"], t["role"]) for t in page["results"]] == [("second", "admin"), ("first", "viewer")]


def test_a_token_sees_its_own_team_alone(make_tenant, make_member, api_token):
    first, second = make_tenant("first"), make_tenant("second")
    user = make_member(first)
    make_member(second, user.email)
    client = api_token(second, user, "runs:read")
    assert [t["slug"] for t in client.get(TENANTS).json()["results"]] == ["second"]
    me = client.get("/api/v1/me/").json()
    assert [t["slug"] for t in me["tenants"]] == ["second"]
    assert me["token"]["scopes"] == ["runs:read"]


def test_me(make_tenant, make_member, api):
    user = make_member(make_tenant(), "a@example.org", "editor")
    client = api(user)
    assert client.patch("/api/v1/me/", {"name": "First Editor"}).json()["name"] == "First Editor"
    me = client.get("/api/v1/me/").json()
    assert (me["id"], me["email"], me["token"]) == (str(user.id), "a@example.org", None)
    assert [(t["slug"], t["role"]) for t in me["tenants"]] == [("acme", "editor")]
    assert api().get("/api/v1/me/").status_code == 401


class TestOneTeam:
    def test_members_read_it(self, make_tenant, make_member, api):
        client = api(make_member(make_tenant(), role="viewer"))
        assert client.get(f"{TENANTS}acme/").json()["role"] == "viewer"

    def test_admins_rename_it(self, make_tenant, make_member, api):
        tenant = make_tenant()
        client = api(make_member(tenant, role="admin"))
        renamed = client.patch(f"{TENANTS}acme/", {"name": "Ajax"}).json()
        assert (renamed["name"], renamed["slug"]) == ("Ajax", "acme")
        assert Tenant.objects.get().name == "Ajax"
        with tenant_context(tenant.id):
            assert AuditEntry.objects.get().data == {"from": "Acme", "to": "Ajax"}

    def test_editors_do_not(self, make_tenant, make_member, api):
        assert api(make_member(make_tenant(), role="editor")).patch(f"{TENANTS}acme/", {"name": "X"}).status_code == 403

    def test_to_others_it_is_not_there(self, make_tenant, make_user, api):
        make_tenant()
        for method in ("get", "patch"):
            assert getattr(api(make_user(f"{method}@example.org")), method)(f"{TENANTS}acme/").status_code == 404
