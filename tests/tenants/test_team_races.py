"""Two people at the same moment, on real transactions."""

import threading

import pytest
from django.db import connection

from countersign.database.context import tenant_context
from tenants.audit import AuditEntry, verify_chain
from tenants.models import Invitation, Membership, Tenant
from tenants.tokens import hash_of, new_invitation_secret

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*requests):
    """The answers of requests that start together, each on a connection of its own."""
    answers, together = [None] * len(requests), threading.Barrier(len(requests), timeout=20)

    def ask(n, request):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE web")
            together.wait()
            answers[n] = request()
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_owners_who_remove_each_other_leave_one(make_tenant, make_member, api):
    tenant = make_tenant("acme")
    users = [make_member(tenant, f"{name}@example.org", "owner") for name in "ab"]
    with tenant_context(tenant.id):
        ids = [Membership.objects.get(user=user).id for user in users]
    clients = [api(user) for user in users]
    first, second = at_once(*(
        lambda client=client, id=id: client.patch(f"/api/v1/tenants/acme/members/{id}/", {"role": "viewer"})
        for client, id in zip(clients, reversed(ids), strict=True)))
    assert sorted([first.status_code, second.status_code])[0] == 200
    with tenant_context(tenant.id):
        assert Membership.objects.filter(role="owner").count() == 1


def test_one_key_sent_many_times_at_once_makes_one_team(make_user, api):
    user = make_user()
    clients = [api(user) for _ in range(4)]
    answers = at_once(*(
        lambda client=client: client.post("/api/v1/tenants/", {"name": "Acme"}, headers={"Idempotency-Key": "k"})
        for client in clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 3
    assert Tenant.objects.count() == 1


def test_an_invitation_is_accepted_once(make_tenant, make_member, make_user, api):
    tenant = make_tenant("acme")
    api(make_member(tenant, "o@example.org", "owner")).post(
        "/api/v1/tenants/acme/invitations/", {"email": "new@example.org", "role": "viewer"})
    secret = new_invitation_secret()
    with tenant_context(tenant.id):
        Invitation.objects.update(token_hash=hash_of(secret))
    user = make_user("new@example.org")
    clients = [api(user) for _ in range(3)]
    answers = at_once(*(
        lambda client=client: client.post("/api/v1/invitations/accept/", {"token": secret}) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    with tenant_context(tenant.id):
        assert Membership.objects.filter(user=user).count() == 1
        assert AuditEntry.objects.filter(action="invitation.accepted").count() == 1
    assert verify_chain(tenant.id).ok
