"""Two people at the same moment, on real transactions."""

import threading

import pytest

from countersign.database.context import tenant_context
from tenants.audit import AuditEntry, verify_chain
from tenants.models import Invitation, Membership, Tenant
from tenants.services.members import change_role, remove_member
from tenants.tokens import hash_of, new_invitation_secret
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_owners_who_remove_each_other_leave_one(make_tenant, make_member, api):
    tenant = make_tenant("acme")
    users = [make_member(tenant, f"{name}@example.org", "owner") for name in "ab"]
    with tenant_context(tenant.id):
        ids = [Membership.objects.get(user=user).id for user in users]
    clients = [api(user) for user in users]
    first, second = at_once(*(
        lambda client=client, id=id: client.patch(f"/api/v1/tenants/acme/members/{id}/", {"role": "viewer"})
        for client, id in zip(clients, reversed(ids), strict=True)))
    assert sorted([first.status_code, second.status_code]) == [200, 403]
    with tenant_context(tenant.id):
        assert Membership.objects.filter(role="owner").count() == 1


def test_an_admin_does_not_demote_somebody_who_has_meanwhile_become_the_only_owner(
        make_tenant, make_member, api, monkeypatch):
    tenant = make_tenant("acme")
    owner, admin, heir = (make_member(tenant, f"{role}@example.org", role) for role in ("owner", "admin", "editor"))
    with tenant_context(tenant.id):
        ids = dict(Membership.objects.values_list("user", "id"))
    paths = {user: f"/api/v1/tenants/acme/members/{ids[user.id]}/" for user in (owner, heir)}
    looked, handed_over = threading.Event(), threading.Event()

    def after_the_look(*, by, **options):
        if by.user_id == admin.id:
            looked.set()
            handed_over.wait(30)
        return change_role(by=by, **options)

    def hand_over():
        looked.wait(30)
        client = api(owner)
        answers = [client.patch(paths[heir], {"role": "owner"}), client.delete(paths[owner])]
        handed_over.set()
        return [answer.status_code for answer in answers]

    monkeypatch.setattr("tenants.api.views.teams.change_role", after_the_look)
    admins = api(admin)
    refused, done = at_once(lambda: admins.patch(paths[heir], {"role": "viewer"}), hand_over)
    assert done == [200, 204]
    assert (refused.status_code, refused.json()["code"]) == (403, "owners_only")
    with tenant_context(tenant.id):
        assert Membership.objects.get(role="owner").user_id == heir.id


def test_an_admin_who_has_meanwhile_been_demoted_removes_nobody(make_tenant, make_member, api, monkeypatch):
    tenant = make_tenant("acme")
    admin, editor = (make_member(tenant, f"{role}@example.org", role) for role in ("admin", "editor"))

    def demoted_meanwhile(**options):
        Membership.objects.filter(user=admin).update(role="editor")
        return remove_member(**options)

    monkeypatch.setattr("tenants.api.views.teams.remove_member", demoted_meanwhile)
    with tenant_context(tenant.id):
        path = f"/api/v1/tenants/acme/members/{Membership.objects.get(user=editor).id}/"
    assert api(admin).delete(path).status_code == 403
    with tenant_context(tenant.id):
        assert Membership.objects.filter(user=editor).exists()


def test_of_many_teams_made_at_once_no_more_than_the_most_are_made(make_user, api, monkeypatch):
    monkeypatch.setattr("tenants.services.teams.MOST_OWNED", 2)
    user = make_user()
    clients = [api(user) for _ in range(6)]
    answers = at_once(*(lambda client=client, n=n: client.post("/api/v1/tenants/", {"name": f"Team {n}"})
                        for n, client in enumerate(clients)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    assert Tenant.objects.count() == 2


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
