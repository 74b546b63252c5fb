"""Asking somebody to join, over the API, an outbox and a real mail server."""

import re
import smtplib
from datetime import timedelta

import pytest
from django.test import override_settings

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.doorbells import services as doorbells
from countersign.doorbells.models import Outbox
from countersign.embedded.mailbox import Mailbox
from countersign.ids import new_id
from tenants.actors import send_invitation
from tenants.audit import AuditEntry
from tenants.models import Invitation, Membership
from tenants.tokens import hash_of

pytestmark = pytest.mark.django_db
INVITATIONS = "/api/v1/tenants/acme/invitations/"
ACCEPT = "/api/v1/invitations/accept/"
PREVIEW = "/api/v1/invitations/preview/"
TOKEN = "the-token-that-the-e-mail-told"


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def admin(acme, make_member, api):
    return api(make_member(acme, "admin@example.org", "admin"))


@pytest.fixture
def mailbox():
    with Mailbox() as box, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                             EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port):
        yield box


@pytest.fixture
def invited(acme, admin):
    """An open invitation, whose token is TOKEN."""
    id = admin.post(INVITATIONS, {"email": "new@example.org", "role": "editor"}).json()["id"]
    change(acme, token_hash=hash_of(TOKEN))
    return the_invitation(acme, id)


def the_invitation(tenant, id):
    with tenant_context(tenant.id):
        return Invitation.objects.get(id=id)


def change(tenant, **fields):
    with tenant_context(tenant.id):
        Invitation.objects.update(**fields)


def deliver(tenant, invitation, as_role):
    with as_role("engine"):
        send_invitation(str(tenant.id), str(invitation.id))
    return the_invitation(tenant, invitation.id)


class TestInviting:
    def test_an_admin_invites(self, acme, admin):
        response = admin.post(INVITATIONS, {"email": "New@Example.org", "role": "editor"})
        assert response.status_code == 201
        body = response.json()
        assert (body["email"], body["role"], body["status"]) == ("new@example.org", "editor", "open")
        assert not {"token", "secret", "token_hash"} & set(body), "only the e-mail tells the token"
        assert Outbox.objects.get().subject_id == the_invitation(acme, body["id"]).id
        with tenant_context(acme.id):
            assert AuditEntry.objects.get().action == "invitation.created"

    @pytest.mark.parametrize("role", ["editor", "viewer"])
    def test_others_do_not(self, acme, make_member, api, role):
        client = api(make_member(acme, role=role))
        assert client.post(INVITATIONS, {"email": "new@example.org", "role": "viewer"}).status_code == 403
        assert client.get(INVITATIONS).status_code == 403

    def test_to_strangers_there_is_nothing(self, acme, make_user, api):
        assert api(make_user()).post(INVITATIONS, {"email": "new@example.org", "role": "viewer"}).status_code == 404

    def test_only_an_owner_invites_an_owner(self, acme, admin, make_member, api):
        asked = {"email": "new@example.org", "role": "owner"}
        assert admin.post(INVITATIONS, asked).json()["code"] == "owners_only"
        assert api(make_member(acme, "o@example.org", "owner")).post(INVITATIONS, asked).status_code == 201

    def test_one_open_invitation_an_address(self, admin, invited):
        again = admin.post(INVITATIONS, {"email": "NEW@example.org", "role": "viewer"})
        assert (again.status_code, again.json()["code"]) == (409, "already_invited")

    def test_an_expired_one_makes_room(self, acme, admin, invited):
        change(acme, expires_at=now())
        assert admin.post(INVITATIONS, {"email": "new@example.org", "role": "viewer"}).status_code == 201

    def test_members_are_not_invited(self, admin):
        again = admin.post(INVITATIONS, {"email": "Admin@example.org", "role": "viewer"})
        assert (again.status_code, again.json()["code"]) == (409, "already_member")

    def test_bad_input_names_each_field(self, admin):
        response = admin.post(INVITATIONS, {"email": "nobody", "role": "king"})
        assert {fault["field"] for fault in response.json()["fields"]} == {"email", "role"}

    def test_the_list_has_a_fixed_price(self, admin, invited, django_assert_num_queries):
        with django_assert_num_queries(9):
            page = admin.get(INVITATIONS).json()
        assert [(i["email"], i["status"], i["invited_by"]) for i in page["results"]] == [
            ("new@example.org", "open", "admin@example.org")]
        assert admin.get(f"{INVITATIONS}{invited.id}/").json() == page["results"][0]

    def test_revoking(self, acme, admin, invited, make_user, api):
        for _ in range(2):
            assert admin.delete(f"{INVITATIONS}{invited.id}/").status_code == 204
        assert the_invitation(acme, invited.id).status == "revoked"
        refused = api(make_user("new@example.org")).post(ACCEPT, {"token": TOKEN})
        assert (refused.status_code, refused.json()["code"]) == (409, "invitation_revoked")
        with tenant_context(acme.id):
            assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1

    def test_another_teams_invitation_is_missing(self, invited, make_tenant, make_member, api):
        client = api(make_member(make_tenant("other"), "o@example.org", "owner"))
        for id in (invited.id, new_id(), "x"):
            assert client.delete(f"/api/v1/tenants/other/invitations/{id}/").status_code == 404


class TestLooking:
    def test_it_shows_what_the_mail_said_and_accepts_nothing(self, acme, invited, api, django_assert_num_queries):
        with django_assert_num_queries(6):
            shown = api().post(PREVIEW, {"token": TOKEN})
        body = shown.json()
        assert (shown.status_code, set(body)) == (200, {"team", "email", "role", "invited_by", "status", "expires_at"})
        assert (body["team"], body["email"], body["role"], body["invited_by"], body["status"]) == (
            "Acme", "new@example.org", "editor", "admin@example.org", "open")
        assert the_invitation(acme, invited.id).status == "open"

    def test_a_closed_one_says_so(self, acme, admin, invited, api):
        admin.delete(f"{INVITATIONS}{invited.id}/")
        assert api().post(PREVIEW, {"token": TOKEN}).json()["status"] == "revoked"

    def test_it_needs_no_session_and_reads_none(self, invited, make_user, api):
        assert api(make_user("somebody@example.org")).post(PREVIEW, {"token": TOKEN}).status_code == 200

    @pytest.mark.parametrize(("asked", "status"), [({"token": "0" * 64}, 404), ({}, 422), ([], 422),
                                                   ({"token": "x" * 201}, 422)])
    def test_without_the_token_there_is_nothing(self, invited, api, asked, status):
        assert api().post(PREVIEW, asked).status_code == status


class TestAccepting:
    def test_the_invited_person_joins(self, acme, invited, make_user, api):
        user = make_user("new@example.org")
        response = api(user).post(ACCEPT, {"token": TOKEN})
        assert (response.status_code, response.json()["slug"], response.json()["role"]) == (201, "acme", "editor")
        with tenant_context(acme.id):
            assert Membership.objects.get(user=user).role == "editor"
            assert AuditEntry.objects.latest("id").actor_id == user.id
        assert the_invitation(acme, invited.id).status == "accepted"

    def test_it_works_once(self, invited, make_user, api):
        client = api(make_user("new@example.org"))
        client.post(ACCEPT, {"token": TOKEN})
        again = client.post(ACCEPT, {"token": TOKEN})
        assert (again.status_code, again.json()["code"]) == (409, "invitation_accepted")

    def test_a_repeat_of_the_same_request_gets_the_same_answer(self, invited, make_user, api):
        client, asked = api(make_user("new@example.org")), {"token": TOKEN}
        first, again = (client.post(ACCEPT, asked, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status_code, first.json()) == (again.status_code, again.json())

    def test_it_expires(self, acme, invited, make_user, api):
        change(acme, expires_at=now() - timedelta(seconds=1))
        refused = api(make_user("new@example.org")).post(ACCEPT, {"token": TOKEN})
        assert (refused.status_code, refused.json()["code"]) == (409, "invitation_expired")

    def test_another_person_with_the_token_does_not_join(self, invited, make_user, api):
        for user in (make_user("thief@example.org"), make_user("new@example.org", verified=False)):
            refused = api(user).post(ACCEPT, {"token": TOKEN})
            assert (refused.status_code, refused.json()["code"]) == (403, "invitation_for_another_address")

    def test_an_unknown_token_is_missing(self, make_user, api):
        assert api(make_user()).post(ACCEPT, {"token": "0" * 64}).status_code == 404
        assert api(make_user("b@example.org")).post(ACCEPT, {}).status_code == 422
        assert api().post(ACCEPT, {"token": "0" * 64}).status_code == 401

    def test_a_member_already_does_not_use_it_up(self, acme, invited, make_member, api):
        client = api(make_member(acme, "new@example.org", "viewer"))
        refused = client.post(ACCEPT, {"token": TOKEN})
        assert (refused.status_code, refused.json()["code"]) == (409, "already_member")
        assert the_invitation(acme, invited.id).status == "open"


class TestTheMail:
    def test_it_is_sent_once_with_a_link_that_joins(self, acme, invited, as_role, mailbox, make_user, api):
        for _ in range(2):
            sent = deliver(acme, invited, as_role)
        assert (sent.sent_at is not None, sent.send_attempts, len(mailbox.received)) == (True, 1, 1)
        mail = mailbox.received[0]
        assert mail.recipients == ("new@example.org",)
        assert mail.message["Subject"] == "Join Acme on Countersign"
        token = re.search(r"/invitations/([\w-]+)", mail.text)[1]
        assert token not in str(sent.__dict__)
        assert not Outbox.objects.exists()
        assert api(make_user("new@example.org")).post(ACCEPT, {"token": token}).status_code == 201

    def test_a_sender_that_was_killed_is_rung_for_again(self, acme, invited, as_role, mailbox, monkeypatch):
        def die(*arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr("tenants.services.invitations.send_invitation_mail", die)
        with as_role("engine"), pytest.raises(KeyboardInterrupt):
            send_invitation(str(acme.id), str(invited.id))
        monkeypatch.undo()
        promise = Outbox.objects.get()
        assert now() + timedelta(seconds=50) < promise.due_at
        with as_role("engine"):
            Outbox.objects.update(due_at=now())
        assert deliver(acme, invited, as_role).sent_at
        assert len(mailbox.received) == 1

    def test_a_mail_server_that_is_down_is_tried_again_later(self, acme, invited, as_role):
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1):
            sent = deliver(acme, invited, as_role)
        assert sent.sent_at is None
        assert "ConnectionRefusedError" in sent.send_error
        promise = Outbox.objects.get()
        assert now() + timedelta(seconds=3) < promise.due_at < now() + timedelta(seconds=7)
        with Mailbox() as box, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                                 EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port):
            deliver(acme, invited, as_role)
            assert not box.received, "not before it is due"
            with as_role("engine"):
                Outbox.objects.update(due_at=now())
            sent = deliver(acme, invited, as_role)
            assert len(box.received) == 1
        assert (sent.send_error, Outbox.objects.count()) == ("", 0)

    def test_a_refused_address_is_not_tried_again(self, acme, invited, as_role, monkeypatch):
        refusal = smtplib.SMTPRecipientsRefused({"new@example.org": (550, b"no such mailbox")})

        def refuse(self, *arguments, **options):
            raise refusal

        monkeypatch.setattr("django.core.mail.message.EmailMessage.send", refuse)
        sent = deliver(acme, invited, as_role)
        assert "550" in sent.send_error
        assert not Outbox.objects.exists()

    def test_a_revoked_one_is_not_sent(self, acme, admin, invited, as_role, mailbox):
        admin.delete(f"{INVITATIONS}{invited.id}/")
        deliver(acme, invited, as_role)
        assert not mailbox.received

    def test_ringing_sends_ids_and_nothing_else(self, acme, invited, monkeypatch):
        sent = []
        monkeypatch.setattr(send_invitation, "send", lambda *arguments: sent.append(arguments))
        doorbells._topics["invitation"].bell(acme.id, invited.id)
        assert sent == [(str(acme.id), str(invited.id))]
