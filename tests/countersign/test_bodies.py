"""Bodies from outside: too large, ambiguous, nested without end, or with characters that nothing can keep."""

import asyncio
import json

import httpx
import pytest
from django.conf import settings

from countersign.asgi import application
from countersign.strict_json import MOST_VALUES, UnreadableJson, read_json

DEEP = b"[" * 100_000 + b"]" * 100_000
UNREADABLE = {
    "no JSON": b"{", "nothing": b"", "invalid UTF-8": b'"\xff"', "a key twice": b'{"a": [{"b": 1, "b": 2}]}',
    "not a number": b'{"a": NaN}', "infinity": b'{"a": 1e400}', "5,000 digits": b"9" * 5000,
    "too deep for a parser": DEEP, "too deep": b"[" * 101 + b"]" * 101,
    "too much": b"[" + b"1," * MOST_VALUES + b"1]", "too many keys": json.dumps(dict.fromkeys(map(str, range(
        MOST_VALUES)))).encode(),
    "half a character": b'["\\ud800"]', "half a character in a key": b'{"a\\udfff": 1}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_has_no_one_meaning_is_refused(name):
    with pytest.raises(UnreadableJson):
        read_json(UNREADABLE[name])


def test_what_has_one_meaning_is_read():
    assert read_json('{"a": ["ü\\u0000\\ud83d\\ude00", 1.5, null]}'.encode()) == {"a": ["ü\0😀", 1.5, None]}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(UNREADABLE) - {"nothing"}))
@pytest.mark.parametrize("path", ["/_allauth/app/v1/auth/login", "/_allauth/app/v1/auth/signup",
                                  "/_allauth/app/v1/auth/password/request"])
def test_sign_in_refuses_it_too(client, path, name):
    answer = client.post(path, UNREADABLE[name], content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["members/", "roles/", "runs/", "workflows/", "tokens/", "credentials/"])
def test_the_api_refuses_it_too(make_tenant, make_member, api, path):
    client = api(make_member(make_tenant("acme"), "admin@acme.example", "owner"))
    for body in (DEEP, b'{"name": "a", "name": "b"}', b'{"kind": "\\ud800", "role": "\\ud800", "scopes": ["\\ud800"]}'):
        answer = client.post(f"/api/v1/tenants/acme/{path}", body, content_type="application/json")
        assert answer.status_code in (400, 405)
        assert answer.json()["code"] in ("parse_error", "method_not_allowed")


@pytest.mark.django_db
def test_what_the_database_cannot_keep_is_no_failure_of_ours(make_tenant, make_member, api):
    client = api(make_member(make_tenant("acme"), "admin@acme.example", "owner"))
    answer = client.post("/api/v1/tenants/acme/models/", json.dumps({"alias": "a", "providers": [
        {"model": "openai/x", "params": {"stop": "\0"}}]}), content_type="application/json")
    assert answer.status_code == 422
    assert client.delete("/api/v1/tenants/acme/models/%00/").status_code in (404, 422)


LARGE, SMALL = "/api/v1/tenants/", "/healthz"


class TestSize:
    def ask(self, path=LARGE, **options):
        async def answer():
            wire = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=wire, base_url="http://testserver") as web:
                return await web.post(path, **options)
        return asyncio.run(answer())

    def test_a_body_that_announces_too_much_is_refused_before_it_is_read(self):
        async def never():
            raise AssertionError("was read")
            yield b""

        answer = self.ask(content=never(), headers={"Content-Length": str(settings.REQUEST_MAX_BYTES + 1)})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_a_body_that_announces_nothing_is_refused_once_it_is_too_large(self):
        sent = 0

        async def without_end():
            nonlocal sent
            while True:
                sent += 2**20
                yield b" " * 2**20

        answer = self.ask(content=without_end())
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert sent <= settings.REQUEST_MAX_BYTES + 2**20

    @pytest.mark.parametrize("path", [
        "/_allauth/app/v1/auth/login", "/api/v1/invitations/preview/", "/accounts/login/", "/api/v1/me/", SMALL])
    def test_only_a_teams_own_addresses_take_large_bodies(self, path):
        """What is open to everybody is read before anybody is counted."""
        answer = self.ask(path, content=b" " * (settings.SMALL_BODY_BYTES + 1))
        assert (answer.status_code, answer.json()["most_bytes"]) == (413, settings.SMALL_BODY_BYTES)

    def test_what_is_within_the_limit_comes_through(self):
        """To the next in line, which misses a CSRF token, or knows no such address."""
        assert self.ask(SMALL, content=b" " * settings.SMALL_BODY_BYTES).status_code == 403
        assert self.ask("/api/v1/tenants/nothing/", content=b" " * settings.REQUEST_MAX_BYTES).status_code in (401, 404)

    @pytest.mark.parametrize("headers", [
        {"Cookie": "session=" + "\\1" * 5000}, [("Cookie", "a=" + "b" * 5000), ("Cookie", "c=" + "d" * 5000)],
        {"X-Large": "x" * 40_000}, [(f"X-{n}", "x" * 100) for n in range(500)]])
    def test_headers_that_are_too_large_are_refused_before_they_are_read(self, headers):
        """Python 3.11.7 takes 64 KB of backslashes in a cookie apart for seconds."""
        answer = self.ask(headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


def test_the_api_document_repeats_no_version_that_it_was_asked_for(client):
    assert "\x01" not in client.get("/api/v1/schema/?version=%01")["Content-Disposition"]


def test_the_api_document_is_made_once_and_says_so_to_caches(client, monkeypatch):
    from countersign.api.document import ApiDocument

    first = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert json.loads(first.content)["openapi"] == "3.1.0"
    assert "openapi: 3.1.0" in client.get("/api/v1/schema/").content.decode()
    assert "max-age" in first["Cache-Control"]
    monkeypatch.setattr(ApiDocument, "generator_class", None)
    assert client.get("/api/v1/schema/?format=json").content == first.content
