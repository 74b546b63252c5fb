"""Tokens of people and service accounts."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import AuditEntry
from tenants.models import ApiToken, Membership, User
from tenants.tokens import hash_of

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tenants/acme/tokens/"
MEMBERS = "/api/v1/tenants/acme/members/"


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def admin(acme, make_member, api):
    return api(make_member(acme, "admin@example.org", "admin"))


def client_of(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def ask(**fields):
    return {"name": "CI", "scopes": ["members:read"], **fields}


def test_a_token_is_shown_once_and_kept_as_a_hash(acme, make_member, api):
    client = api(make_member(acme, role="viewer"))
    response = client.post(TOKENS, ask(), headers={"Idempotency-Key": "k"})
    assert response.status_code == 201
    secret = response.json()["secret"]
    assert client_of(secret).get(MEMBERS).status_code == 200
    with tenant_context(acme.id):
        token = ApiToken.objects.get()
        assert token.token_hash == hash_of(secret)
        assert secret not in str(token.__dict__)
        assert secret not in AuditEntry.objects.get().body
    assert "secret" not in client.get(TOKENS).json()["results"][0]
    again = client.post(TOKENS, ask(), headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["id"]) == (201, response.json()["id"])
    assert "secret" not in again.json()


def test_a_token_expires(acme, make_member, api):
    client = api(make_member(acme))
    made = client.post(TOKENS, ask(expires_at=(now() + timedelta(hours=1)).isoformat())).json()
    assert client_of(made["secret"]).get(MEMBERS).status_code == 200
    with tenant_context(acme.id):
        ApiToken.objects.update(expires_at=now())
    assert client_of(made["secret"]).get(MEMBERS).status_code == 401


def test_nobody_has_tokens_without_end(acme, make_member, api, monkeypatch):
    monkeypatch.setattr("tenants.services.tokens.MOST_TOKENS", 2)
    client = api(make_member(acme))
    first, _ = (client.post(TOKENS, ask()).json() for _ in range(2))
    refused = client.post(TOKENS, ask())
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_tokens")
    assert api(make_member(acme, "b@example.org")).post(TOKENS, ask()).status_code == 201
    client.delete(f"{TOKENS}{first['id']}/")
    assert client.post(TOKENS, ask()).status_code == 201
    with tenant_context(acme.id):
        ApiToken.objects.update(expires_at=now())
    assert client.post(TOKENS, ask()).status_code == 201


def test_a_revoked_token_opens_nothing(acme, make_member, api):
    client = api(make_member(acme))
    made = client.post(TOKENS, ask()).json()
    for _ in range(2):
        assert client.delete(f"{TOKENS}{made['id']}/").status_code == 204
    assert client_of(made["secret"]).get(MEMBERS).status_code == 401
    assert client.get(f"{TOKENS}{made['id']}/").json()["revoked_at"]
    with tenant_context(acme.id):
        assert [e.action for e in AuditEntry.objects.order_by("id")] == ["token.created", "token.revoked"]


@pytest.mark.parametrize(("asked", "field"), [
    ({"scopes": []}, "scopes"), ({"scopes": ["everything"]}, "scopes.0"), ({"name": ""}, "name"),
    ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"), ({"service_account": {}}, "service_account"),
])
def test_bad_input_names_the_field(admin, asked, field):
    response = admin.post(TOKENS, ask(**asked))
    assert response.status_code == 422
    assert response.json()["fields"][0]["field"] == field


def test_members_see_their_own_and_admins_everybodys(acme, admin, make_member, api, django_assert_num_queries):
    member = api(make_member(acme, "e@example.org", "viewer"))
    own, other = member.post(TOKENS, ask()).json()["id"], admin.post(TOKENS, ask()).json()["id"]
    with django_assert_num_queries(9):
        assert [t["id"] for t in member.get(TOKENS).json()["results"]] == [own]
    with django_assert_num_queries(9):
        assert [t["id"] for t in admin.get(TOKENS).json()["results"]] == [other, own]
    assert member.delete(f"{TOKENS}{other}/").status_code == 404
    assert admin.delete(f"{TOKENS}{own}/").status_code == 204


def test_other_teams_tokens_are_missing(acme, admin, make_tenant, make_member, api):
    made = admin.post(TOKENS, ask()).json()
    stranger = api(make_member(make_tenant("other"), "o@example.org", "owner"))
    assert stranger.get(TOKENS).status_code == 404
    for id in (made["id"], new_id(), "x"):
        assert stranger.get(f"/api/v1/tenants/other/tokens/{id}/").status_code == 404


def test_a_token_makes_no_tokens(acme, make_member, api_token):
    client = api_token(acme, make_member(acme, role="owner"), "members:write", "tenant:write")
    for answer in (client.post(TOKENS, ask()), client.get(TOKENS)):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


class TestServiceAccounts:
    def make(self, admin, **fields):
        return admin.post(TOKENS, ask(service_account={"name": "Robot", "role": "editor"}, **fields))

    def test_an_admin_makes_one(self, acme, admin):
        made = self.make(admin).json()
        assert (made["is_service"], made["user_name"]) == (True, "Robot")
        me = client_of(made["secret"]).get("/api/v1/me/").json()
        assert (me["is_service"], me["name"], [t["role"] for t in me["tenants"]]) == (True, "Robot", ["editor"])
        with tenant_context(acme.id):
            assert {e.action for e in AuditEntry.objects.all()} == {"service_account.created", "token.created"}

    def test_it_may_have_a_second_token(self, acme, admin):
        first = self.make(admin).json()
        second = admin.post(TOKENS, ask(service_account={"user": first["user"]})).json()
        assert second["user"] == first["user"]
        with tenant_context(acme.id):
            assert Membership.objects.count() == 2

    def test_a_person_is_no_service_account(self, acme, admin, make_member):
        person = make_member(acme, "e@example.org")
        for user in (person.id, new_id()):
            response = admin.post(TOKENS, ask(service_account={"user": str(user)}))
            assert response.json()["fields"][0]["field"] == "service_account.user"

    def test_others_make_none(self, acme, make_member, api):
        assert self.make(api(make_member(acme, role="editor"))).status_code == 403

    def test_it_owns_nothing_and_decides_nothing(self, acme, admin, make_member, api):
        owner = admin.post(TOKENS, ask(service_account={"name": "Robot", "role": "owner"}))
        assert owner.json()["fields"][0]["field"] == "service_account.role"
        assert self.make(admin, scopes=["approvals:decide"]).json()["fields"][0]["field"] == "scopes"
        made = self.make(admin).json()
        with tenant_context(acme.id):
            id = Membership.objects.get(user_id=made["user"]).id
        promoted = api(make_member(acme, "o@example.org", "owner")).patch(f"{MEMBERS}{id}/", {"role": "owner"})
        assert promoted.status_code == 422

    def test_it_cannot_sign_in(self, admin):
        from django.contrib.auth import authenticate

        user = User.objects.get(id=self.make(admin).json()["user"])
        assert not user.has_usable_password()
        user.set_password("a password somebody set")
        user.save()
        assert authenticate(None, email=user.email, password="a password somebody set") is None

    def test_removing_it_ends_its_tokens(self, acme, admin):
        made = self.make(admin).json()
        with tenant_context(acme.id):
            id = Membership.objects.get(user_id=made["user"]).id
        assert admin.delete(f"{MEMBERS}{id}/").status_code == 204
        assert client_of(made["secret"]).get(MEMBERS).status_code == 401
