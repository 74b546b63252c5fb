"""What every view under `tenants/<slug>/` answers, whoever asks."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.response import Response

from countersign.clock import now
from countersign.database.context import current_tenant, tenant_context
from countersign.errors import Conflict
from tenants.api.base import TenantView
from tenants.audit import AuditEntry, record
from tenants.models import ApiToken, Membership, MembershipRole

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Notes(TenantView):
    required_role = {"GET": MembershipRole.VIEWER, "POST": MembershipRole.EDITOR}
    scopes = {"GET": "runs:read", "POST": "runs:write"}
    secret_fields = ("secret",)

    def get(self, request, slug, id=None):
        if id:
            self.get_or_404(AuditEntry.objects.all(), id)
        return Response({"tenant": str(current_tenant()), "role": self.membership.role})

    def post(self, request, slug):
        entry = record(action="note.made", subject=("note", request.user.id), actor=self.actor)
        if request.data.get("fail"):
            raise Conflict
        return Response({"id": str(entry.id), "secret": "once"}, status=201, headers={"Location": f"/{entry.id}/"})

    def delete(self, request, slug):
        return Response(status=204)


class Outside(Notes):
    transactional = False

    def post(self, request, slug):
        assert current_tenant() is None
        with tenant_context(self.tenant.id):
            return super().post(request, slug)


urlpatterns = [path("<slug:slug>/notes/", Notes.as_view()), path("<slug:slug>/notes/<str:id>/", Notes.as_view()),
               path("<slug:slug>/outside/", Outside.as_view())]


def entries(tenant):
    with tenant_context(tenant.id):
        return AuditEntry.objects.count()


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.mark.parametrize("role", MembershipRole.values)
def test_a_member_is_let_in_with_their_role(acme, make_member, api, role):
    response = api(make_member(acme, "a@example.org", role)).get("/acme/notes/")
    assert response.json() == {"tenant": str(acme.id), "role": role}


def test_nobody_is_told_to_sign_in(acme, api):
    response = api().get("/acme/notes/")
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_stranger_cannot_tell_a_foreign_tenant_from_a_missing_one(acme, make_tenant, make_member, api):
    client = api(make_member(make_tenant("other"), "b@example.org", "owner"))
    foreign, missing = client.get("/acme/notes/"), client.get("/nowhere/notes/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()


def test_a_removed_member_is_a_stranger(acme, make_member, api):
    user = make_member(acme)
    with tenant_context(acme.id):
        Membership.objects.filter(user=user).delete()
    assert api(user).get("/acme/notes/").status_code == 404


def test_too_low_a_role_is_refused(acme, make_member, api):
    response = api(make_member(acme, role="viewer")).post("/acme/notes/", {})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert entries(acme) == 0


def test_a_method_that_names_no_role_is_for_admins(acme, make_member, api):
    assert api(make_member(acme, "e@example.org", "editor")).delete("/acme/notes/").status_code == 403
    assert api(make_member(acme, "a@example.org", "admin")).delete("/acme/notes/").status_code == 204


def test_a_method_that_is_not_there_is_405_for_everybody(acme, make_member, api):
    for method in ("put", "options"):
        client = api(make_member(acme, f"{method}@example.org", "viewer"))
        assert getattr(client, method)("/acme/notes/").status_code == 405


@pytest.mark.parametrize("id", ["not-an-id", "01890000-0000-7000-8000-000000000000"])
def test_a_malformed_id_is_a_missing_one(acme, make_member, api, id):
    response = api(make_member(acme)).get(f"/acme/notes/{id}/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_an_error_undoes_what_the_request_did(acme, make_member, api):
    assert api(make_member(acme)).post("/acme/notes/", {"fail": True}).status_code == 409
    assert entries(acme) == 0


def test_getting_in_costs_few_queries(acme, make_member, api, django_assert_num_queries):
    client = api(make_member(acme))
    with django_assert_num_queries(8):  # session, user, tenant, savepoint, context, membership, context again, release
        client.get("/acme/notes/")


class TestTokens:
    def test_a_token_needs_the_scope_of_the_method(self, acme, make_member, api_token):
        client = api_token(acme, make_member(acme), "runs:read")
        assert client.get("/acme/notes/").status_code == 200
        refused = client.post("/acme/notes/", {})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")

    def test_a_method_without_a_scope_is_closed_to_tokens(self, acme, make_member, api_token):
        refused = api_token(acme, make_member(acme, role="admin"), "runs:read", "runs:write").delete("/acme/notes/")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")

    def test_a_token_opens_its_own_tenant_only(self, acme, make_tenant, make_member, api_token):
        other = make_tenant("other")
        user = make_member(acme)
        make_member(other, user.email)
        assert api_token(acme, user, "runs:read").get("/other/notes/").status_code == 404

    @pytest.mark.parametrize("spoilt", [{"revoked_at": now()}, {"expires_at": now() - timedelta(seconds=1)}])
    def test_a_spoilt_token_opens_nothing(self, acme, make_member, api_token, spoilt):
        response = api_token(acme, make_member(acme), "runs:read", **spoilt).get("/acme/notes/")
        assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")

    def test_a_token_of_somebody_who_left_opens_nothing(self, acme, make_member, api_token):
        user = make_member(acme)
        client = api_token(acme, user, "runs:read")
        user.is_active = False
        user.save()
        assert client.get("/acme/notes/").status_code == 401

    def test_its_use_is_noted_now_and_then(self, acme, make_member, api_token):
        client = api_token(acme, make_member(acme), "runs:read")
        client.get("/acme/notes/")
        with tenant_context(acme.id):
            first = ApiToken.objects.get().last_used_at
        client.get("/acme/notes/")
        with tenant_context(acme.id):
            assert first is not None
            assert ApiToken.objects.get().last_used_at == first

    def test_the_audit_names_person_and_token(self, acme, make_member, api_token):
        user = make_member(acme)
        api_token(acme, user, "runs:write").post("/acme/notes/", {})
        with tenant_context(acme.id):
            entry = AuditEntry.objects.get()
            assert (entry.actor_kind, entry.actor_id) == ("token", user.id)
            assert entry.actor_via == f"token:{ApiToken.objects.get().id}"


@pytest.mark.parametrize("where", ["/acme/notes/", "/acme/outside/"])
class TestIdempotencyKey:
    def test_a_repeat_gets_the_first_answer_and_does_nothing(self, acme, make_member, api, where):
        client = api(make_member(acme))
        first, again = (client.post(where, {"n": 1}, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert first.status_code == again.status_code == 201
        assert again.json() == {"id": first.json()["id"]}, "secrets are shown once"
        assert again["Idempotency-Replayed"] == "true"
        assert again["Location"] == first["Location"]
        assert entries(acme) == 1

    def test_another_request_under_the_same_key_is_refused(self, acme, make_member, api, where):
        client = api(make_member(acme))
        client.post(where, {"n": 1}, headers={"Idempotency-Key": "k"})
        refused = client.post(where, {"n": 2}, headers={"Idempotency-Key": "k"})
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")

    def test_a_failure_is_not_kept(self, acme, make_member, api, where):
        client = api(make_member(acme))
        for _ in range(2):
            failed = client.post(where, {"fail": True}, headers={"Idempotency-Key": "k"})
            assert (failed.status_code, failed.json()["code"]) == (409, "conflict")

    def test_a_key_is_one_persons(self, acme, make_member, api, where):
        for email in ("a@example.org", "b@example.org"):
            client = api(make_member(acme, email))
            assert client.post(where, {}, headers={"Idempotency-Key": "k"}).status_code == 201
        assert entries(acme) == 2


def test_a_browser_needs_the_csrf_token(acme, make_member):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(make_member(acme), backend="tenants.sign_in.SignInBackend")
    with override_settings(ROOT_URLCONF=__name__):
        refused = client.post("/acme/notes/", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
