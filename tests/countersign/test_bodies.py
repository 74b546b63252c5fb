"""Bodies from outside: too large, ambiguous, nested without end, or with characters that nothing can keep."""

import asyncio
import json

import httpx
import pytest
from django.conf import settings

from countersign.asgi import application
from countersign.strict_json import UnreadableJson, read_json

DEEP = b"[" * 100_000 + b"]" * 100_000
UNREADABLE = {
    "no JSON": b"{", "nothing": b"", "invalid UTF-8": b'"\xff"', "a key twice": b'{"a": [{"b": 1, "b": 2}]}',
    "not a number": b'{"a": NaN}', "infinity": b'{"a": 1e400}', "5,000 digits": b"9" * 5000,
    "too deep for a parser": DEEP, "too deep": b"[" * 101 + b"]" * 101,
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


class TestSize:
    def ask(self, **options):
        async def answer():
            wire = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=wire, base_url="http://testserver") as web:
                return await web.post("/healthz", **options)
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

    def test_what_is_within_the_limit_comes_through(self):
        """To the next in line, which misses a CSRF token."""
        assert self.ask(content=b" " * settings.REQUEST_MAX_BYTES).status_code == 403


def test_the_api_document_repeats_no_version_that_it_was_asked_for(client):
    assert "\x01" not in client.get("/api/v1/schema/?version=%01")["Content-Disposition"]
