"""What a planned call would do, over REST: for whoever may see its request, and before anything is sent."""

import pytest

from countersign.database.context import tenant_context

LETTER = {"to": ["first@readers.example", "first@READERS.example"], "subject": "News", "body": "# News"}


@pytest.fixture
def address(host, team, api, planned):
    """A planned e-mail's preview, at a request that waits."""
    api(team.admin).post("/api/v1/tenants/acme/credentials/", {"name": "mail", "kind": "smtp", "secret": {
        "host": "127.0.0.1", "port": 9, "tls": "none", "from": "News <news@acme.example>"}})
    request = team.request([planned("send", "email.send", LETTER)])
    return f"/api/v1/tenants/acme/approvals/{request.id}/calls/send/preview/"


def test_it_shows_what_the_tool_would_send(team, api, address, django_assert_num_queries):
    client = api(team.editor)
    with django_assert_num_queries(13):
        answer = client.get(address)
    assert answer.status_code == 200, answer.content
    email = answer.json()["email"]
    assert (email["sender"], email["to"]) == ("News <news@acme.example>", ["first@readers.example"])
    assert email["text"].strip() == "# News"
    assert "<h1>News</h1>" in email["html"]
    assert team.entries() == []


def test_without_a_credential_it_says_so(team, api, host, planned):
    request = team.request([planned("send", "email.send", LETTER)])
    answer = api(team.editor).get(f"/api/v1/tenants/acme/approvals/{request.id}/calls/send/preview/").json()
    assert (answer["ok"], answer["code"]) == (False, "credential_missing")


def test_who_may_not_see_the_request_is_told_404(make_team, team, api, address, make_member):
    stranger = make_team("other")
    outsider = make_member(team.tenant, "viewer@acme.example", "viewer")
    assert api(stranger.admin).get(address).status_code == 404
    assert api(stranger.admin).get(address.replace("acme", "other")).status_code == 404
    assert api(outsider).get(address).status_code == 404
    assert api(team.editor).get(address.replace("/send/", "/publish/")).status_code == 404


def test_a_token_needs_the_scope(team, address, api_token, as_role):
    with tenant_context(team.tenant.id), as_role("owner"):
        other, reader = (api_token(team.tenant, team.editor, scope) for scope in ("runs:read", "approvals:read"))
    assert other.get(address).json()["code"] == "scope_missing"
    assert reader.get(address).status_code == 200


def test_without_the_host_it_is_said_what_is_missing(team, api, address, settings):
    settings.TOOLSERVER_URL = "http://127.0.0.1:9"
    answer = api(team.editor).get(address)
    assert (answer.status_code, answer.json()["code"]) == (503, "toolserver_unavailable")
