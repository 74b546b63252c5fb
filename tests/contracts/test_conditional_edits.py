"""Every address that can be edited has an ETag, and takes an edit of what its sender read, and of nothing newer.

The routes are `LEAST_ROLE`'s: a new one that can be read and edited is tested here without being named.
"""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from countersign.api.conditional import etag_of
from countersign.database.context import tenant_context
from tenants.audit import AuditEntry
from tests.contracts.test_routes import LEAST_ROLE, PREFIX, ids_for
from toolserver.host.models import Credential
from workflows.models import Version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

#: Taking a way in from somebody must not fail because something about it changed.
REVOKED_AS_THEY_ARE = {"tokens/{id}/", "invitations/{id}/"}
EDITS = {
    ("PATCH", ""): {"name": "Renamed"},
    ("PATCH", "members/{id}/"): {"role": "owner"},
    ("DELETE", "members/{id}/"): None,
    ("PATCH", "roles/{id}/"): {"description": "Reads twice."},
    ("DELETE", "roles/{id}/"): None,
    ("PATCH", "workflows/{id}/"): {"name": "Renamed"},
    ("PUT", "workflows/{id}/permissions/"): {"actions": ["view"]},
    ("PATCH", "workflows/{id}/versions/{number}/"): {"notes": "Changed."},
    ("PUT", "credentials/{id}/"): {"secret": {"host": "mail.example.org", "port": 587, "from": "a@example.org"}},
    ("DELETE", "credentials/{id}/"): None,
    ("PUT", "models/{alias}/"): {"providers": [{"model": "openai/any", "params": {"temperature": 1e0}}]},
    ("DELETE", "models/{alias}/"): None,
}
READABLE = {path for method, path in LEAST_ROLE if method == "GET"}
EDITABLE = sorted((method, path) for method, path in LEAST_ROLE
                  if method in ("PUT", "PATCH", "DELETE") and path in READABLE - REVOKED_AS_THEY_ARE)


class Editor:
    def __init__(self, team, api) -> None:
        self.team, self.client = team, api(team.owner)

    def ask(self, method: str, path: str, body=None, **headers):
        address = f"{PREFIX}tenants/ours/{path.format(**ids_for((method, path), self.team.things))}"
        return getattr(self.client, method.lower())(address, body, format="json", headers=headers)

    def edit(self, method: str, path: str, **headers):
        body = EDITS[method, path]
        if path.endswith("permissions/"):
            body = {**body, "role": self.team.things["roles"]}
        return self.ask(method, path, body, **headers)


@pytest.fixture
def editor(ours, api, monkeypatch):
    monkeypatch.setattr("toolserver.host.client.HostClient.public_key", lambda self: bytes(range(32)))
    return Editor(ours, api)


def test_every_edit_is_tried_here():
    assert set(EDITS) == set(EDITABLE)


@pytest.mark.parametrize("path", sorted({path for _, path in EDITABLE}))
def test_what_is_unchanged_is_not_sent_again(editor, path):
    first = editor.ask("GET", path)
    etag = first["ETag"]
    assert etag.startswith('"'), "strong"
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = editor.ask("GET", path, if_none_match=known)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert editor.ask("GET", path, if_none_match='"other"').content == first.content


@pytest.mark.parametrize(("method", "path"), EDITABLE)
def test_an_edit_of_something_older_changes_nothing_and_says_what_is_there_now(editor, method, path):
    before = editor.ask("GET", path)
    with tenant_context(editor.team.tenant.id):
        written = AuditEntry.objects.count()
    for stale in ('"older"', 'W/"older"', '"a", "b"', "unquoted", before["ETag"].strip('"'), ""):
        refused = editor.edit(method, path, if_match=stale)
        assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
        assert refused.json()["etag"] == refused["ETag"] == before["ETag"]
    assert editor.ask("GET", path).content == before.content
    with tenant_context(editor.team.tenant.id):
        assert AuditEntry.objects.count() == written


@pytest.mark.parametrize(("method", "path"), EDITABLE)
@pytest.mark.parametrize("how", ["of what was read", "of what a proxy compressed", "of anything", "whatever it is"])
def test_an_edit_of_what_is_there_is_done(editor, method, path, how):
    etag = editor.ask("GET", path)["ETag"]
    headers = {"of what was read": {"if_match": f'"older", {etag}'}, "of anything": {"if_match": "*"},
               "of what a proxy compressed": {"if_match": f"W/{etag}"}}.get(how, {})
    done = editor.edit(method, path, **headers)
    assert done.status_code != 412
    if (method, path) not in {("DELETE", "members/{id}/"), ("DELETE", "roles/{id}/")}:  # the last owner, a role in use
        assert done.status_code in (200, 204)
    else:
        assert done.status_code == 409
    if done.status_code == 200:
        assert editor.ask("GET", path)["ETag"] == done["ETag"], "a second edit needs no second read"


def test_a_missing_one_is_missing_whatever_is_expected_of_it(editor):
    editor.team.things["credentials"] = str(editor.team.tenant.id)
    for if_match in ('"any"', "*"):
        assert editor.ask("DELETE", "credentials/{id}/", if_match=if_match).status_code == 404


def test_a_person_is_edited_under_the_same_rule(editor):
    def me(method, body=None, **headers):
        return getattr(editor.client, method)(f"{PREFIX}me/", body, format="json", headers=headers)

    etag = me("get")["ETag"]
    assert me("patch", {"name": "First"}, if_match=etag).status_code == 200
    assert me("patch", {"name": "Second"}, if_match=etag).status_code == 412
    assert me("get").json()["name"] == "First"


def test_to_be_used_is_not_to_be_changed(editor, as_role):
    etag = editor.ask("GET", "credentials/{id}/")["ETag"]
    with as_role("owner"), tenant_context(editor.team.tenant.id):
        Credential.objects.update(last_used_at="2026-01-01T00:00Z")
    assert editor.ask("GET", "credentials/{id}/")["ETag"] == etag
    with as_role("owner"), tenant_context(editor.team.tenant.id):
        Credential.objects.update(version=2)
    assert editor.ask("GET", "credentials/{id}/")["ETag"] != etag


def test_numbers_have_one_etag_however_they_are_written():
    assert etag_of({"a": [1e2, 0.5, -0.0]}) == etag_of({"a": [100, 0.50, 0]})
    assert len({etag_of(value) for value in (1, 1.5, "1", [1], None, True)}) == 6


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def at_once(self, editor, count, act):
        """The answers of `count` requests that start together, each in a thread and connection of its own."""
        answers, together = [None] * count, threading.Barrier(count, timeout=60)

        def ask(n):
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET ROLE web")
                together.wait()
                answers[n] = act(n)
            finally:
                connection.close()

        threads = [threading.Thread(target=ask, args=[n]) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers

    @pytest.mark.parametrize(("method", "path", "body"), [
        ("PATCH", "", lambda n: {"name": f"Name {n}"}),
        ("PATCH", "workflows/{id}/versions/{number}/", lambda n: {"notes": f"Note {n}"}),
        ("PATCH", "roles/{id}/", lambda n: {"description": f"Description {n}"}),
        ("PUT", "models/{alias}/", lambda n: {"providers": [{"model": f"openai/number-{n}"}]}),
        ("PUT", "credentials/{id}/", lambda n: {"secret": {"host": f"{n}.example.org", "port": 25,
                                                           "from": "a@example.org"}}),
    ], ids=["team", "draft", "role", "alias", "credential"])
    def test_of_edits_that_read_the_same_one_is_done(self, editor, method, path, body):
        etag = editor.ask("GET", path)["ETag"]
        answers = self.at_once(editor, 6, lambda n: editor.ask(method, path, body(n), if_match=etag))
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
        [done] = [answer for answer in answers if answer.status_code == 200]
        assert {answer.json()["etag"] for answer in answers if answer is not done} == {done["ETag"]}

    def test_an_edit_waits_for_one_that_is_under_way_and_then_sees_it(self, editor):
        """The comparison is made behind the lock: an ETag that was right when the request came is too old by then."""
        etag = editor.ask("GET", "workflows/{id}/versions/{number}/")["ETag"]
        begun, answers = threading.Event(), []

        def late():
            begun.set()
            answers.append(editor.ask("PATCH", "workflows/{id}/versions/{number}/", {"notes": "Late."}, if_match=etag))
            connection.close()

        with tenant_context(editor.team.tenant.id):
            version = Version.objects.select_for_update(no_key=True).get()
            thread = threading.Thread(target=late)
            thread.start()
            begun.wait(10)
            thread.join(0.5)
            assert not answers, "it waits"
            version.notes = "Early."
            version.save(update_fields=["notes"])
        thread.join(20)
        assert answers[0].status_code == 412
        assert editor.ask("GET", "workflows/{id}/versions/{number}/").json()["notes"] == "Early."
