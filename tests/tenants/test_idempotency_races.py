"""One `Idempotency-Key`, many requests at the same moment, and requests that never came to an end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db.models import QuerySet

from approvals.models import ApproverRole
from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.errors import Unavailable
from tenants.audit import AuditEntry, verify_chain
from tenants.idempotency import GIVEN_UP_AFTER
from tenants.models import Replay
from tests.at_once import at_once
from toolserver.host.models import Credential

pytestmark = pytest.mark.django_db(transaction=True)
ROLES, CREDENTIALS = "/api/v1/tenants/acme/roles/", "/api/v1/tenants/acme/credentials/"
SECRET = {"name": "key", "kind": "model_key", "secret": {"api_key": "sk-only-a-test"}}


@pytest.fixture
def tenant(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def owner(tenant, make_member):
    return make_member(tenant, "owner@acme.example", "owner")


def send(client, path, body, key="k"):
    return client.post(path, body, format="json", headers={"Idempotency-Key": key})


def test_of_twenty_at_once_one_has_an_effect_and_all_get_its_answer(tenant, owner, api):
    clients = [api(owner) for _ in range(20)]
    answers = at_once(*(lambda client=client: send(client, ROLES, {"name": "Editor"}) for client in clients))
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    with tenant_context(tenant.id):
        assert ApproverRole.objects.count() == 1
        assert AuditEntry.objects.filter(action="role.created").count() == 1
    assert verify_chain(tenant.id).ok


def test_of_many_that_call_out_one_has_an_effect_and_the_others_are_told_to_come_again(
        tenant, owner, api, monkeypatch):
    """They hold no transaction while they wait for somebody else, so that the others cannot wait for them."""
    going_on = threading.Event()
    monkeypatch.setattr("toolserver.host.client.HostClient.public_key",
                        lambda self: going_on.wait(30) and bytes(range(32)))
    clients = [api(owner) for _ in range(8)]
    told = []

    def ask(client):
        answer = send(client, CREDENTIALS, SECRET)
        told.append(answer.status_code)
        if len(told) == 7:
            going_on.set()
        return answer

    answers = at_once(*(lambda client=client: ask(client) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"idempotency_in_progress"}
    again = send(api(owner), CREDENTIALS, SECRET)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    with tenant_context(tenant.id):
        assert Credential.objects.count() == 1


def test_a_second_that_has_just_met_a_first_which_then_fails_does_the_work(tenant, owner, api, monkeypatch):
    """The first's record is there when the second would insert its own, and gone when it would read it."""
    calling_out, met, failed = threading.Event(), threading.Event(), threading.Event()
    insert = QuerySet.bulk_create

    def insert_and_lose(rows, objects, **options):
        made = insert(rows, objects, **options)
        if rows.model is Replay and calling_out.is_set() and not met.is_set():
            met.set()
            assert failed.wait(30)
        return made

    def public_key(self):
        if calling_out.is_set():
            return bytes(range(32))
        calling_out.set()
        assert met.wait(30)
        raise Unavailable

    monkeypatch.setattr(QuerySet, "bulk_create", insert_and_lose)
    monkeypatch.setattr("toolserver.host.client.HostClient.public_key", public_key)
    clients = [api(owner) for _ in range(2)]

    def first():
        try:
            return send(clients[0], CREDENTIALS, SECRET)
        finally:
            failed.set()

    def second():
        assert calling_out.wait(30)
        return send(clients[1], CREDENTIALS, SECRET)

    answers = at_once(first, second)
    assert [answer.status_code for answer in answers] == [503, 201]
    assert "Idempotency-Replayed" not in answers[1]


def test_of_two_bodies_under_one_key_at_once_one_is_refused(tenant, owner, api):
    clients = [api(owner) for _ in range(10)]
    answers = at_once(*(lambda client=client, n=n: send(client, ROLES, {"name": f"Role {n % 2}"})
                        for n, client in enumerate(clients)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [422] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"idempotency_key_reused"}
    with tenant_context(tenant.id):
        assert ApproverRole.objects.count() == 1


def test_a_key_is_ones_own_and_a_teams_own(tenant, owner, make_tenant, make_member, api):
    other = make_tenant("globex")
    make_member(other, "owner@acme.example", "owner")
    colleague = make_member(tenant, "admin@acme.example", "admin")
    answers = at_once(
        lambda: send(api(owner), ROLES, {"name": "Mine"}),
        lambda: send(api(colleague), ROLES, {"name": "Theirs"}),
        lambda: send(api(owner), "/api/v1/tenants/globex/roles/", {"name": "Elsewhere"}))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert not any("Idempotency-Replayed" in answer for answer in answers)


def test_a_request_that_was_cut_off_leaves_its_key_free(tenant, owner, api, monkeypatch):
    def killed(*_, **__):
        raise SystemExit("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr("approvals.api.views.roles.create_role", killed)
        [cut_off] = at_once(lambda: send(api(owner), ROLES, {"name": "Editor"}))
    assert isinstance(cut_off, SystemExit)
    assert send(api(owner), ROLES, {"name": "Editor"}).status_code == 201


def test_one_that_was_killed_while_it_called_out_frees_its_key_after_a_while(tenant, owner, api, monkeypatch):
    """Nothing says then whether it goes on: for three minutes the answer is that it does."""
    monkeypatch.setattr("toolserver.host.client.HostClient.public_key", lambda self: bytes(range(32)))
    assert send(api(owner), CREDENTIALS, SECRET).status_code == 201
    with tenant_context(tenant.id):
        Credential.objects.all().delete()
        Replay.objects.update(status=None)  # as the process left it that was killed before its answer was kept
    assert send(api(owner), CREDENTIALS, SECRET).json()["code"] == "idempotency_in_progress"
    with tenant_context(tenant.id):
        Replay.objects.update(created_at=now() - GIVEN_UP_AFTER - timedelta(seconds=1))
    assert send(api(owner), CREDENTIALS, SECRET).status_code == 201
