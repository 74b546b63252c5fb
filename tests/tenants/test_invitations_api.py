"""Asking somebody to join, over the API, an outbox and a real mail server."""

import re
import smtplib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.doorbells import services as doorbells
from countersign.doorbells.models import Outbox
from countersign.embedded.mailbox import Mailbox
from countersign.ids import new_id
from tenants.actors import send_invitation
from tenants.audit import AuditEntry
from tenants.invitation_mail import plain
from tenants.models import Invitation, Membership, User
from tenants.services import invitations
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


def some(monkeypatch, name, most):
    """A quota of so many, for which others would have to be counted up."""
    quota = getattr(invitations, name)
    smaller = replace(quota, most=most)
    monkeypatch.setattr(invitations, name, smaller)
    monkeypatch.setitem(invitations.TOO_MANY, smaller, "No more.")


def invite_and_revoke(client, team, email):
    path = f"/api/v1/tenants/{team}/invitations/"
    made = client.post(path, {"email": email, "role": "viewer"})
    if made.status_code == 201:
        assert client.delete(f"{path}{made.json()['id']}/").status_code == 204
    return made


class TestHowMany:
    """The mail comes from us: nobody is written to without end by whoever makes a team."""

    def refused(self, answer):
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_invitations")
        assert 86000 < int(answer["Retry-After"]) <= 86400

    def test_one_address_is_invited_thrice_a_day_by_a_team_revoked_or_not(self, acme, admin):
        answers = [invite_and_revoke(admin, "acme", email) for email in
                   ("victim@example.org", "Victim@example.org", "victim@example.org", "victim@example.org")]
        assert [answer.status_code for answer in answers[:3]] == [201] * 3
        self.refused(answers[3])
        assert invite_and_revoke(admin, "acme", "other@example.org").status_code == 201
        with tenant_context(acme.id):
            assert Invitation.objects.count() == 4, "what was refused is not there"
            assert AuditEntry.objects.filter(action="invitation.created").count() == 4
        assert Outbox.objects.count() == 4

    def test_a_team_has_a_days_worth(self, acme, admin, make_member, api, monkeypatch):
        some(monkeypatch, "OF_TEAM", 3)
        colleague = api(make_member(acme, "other-admin@example.org", "admin"))
        answers = [invite_and_revoke(client, "acme", f"person{n}@example.org")
                   for n, client in enumerate((admin, colleague, admin, colleague))]
        assert [answer.status_code for answer in answers[:3]] == [201] * 3
        self.refused(answers[3])

    def test_a_person_has_a_days_worth_in_all_their_teams(
            self, acme, admin, make_tenant, make_member, api, monkeypatch):
        some(monkeypatch, "OF_PERSON", 3)
        make_member(make_tenant("second"), "admin@example.org", "admin")
        answers = [invite_and_revoke(admin, team, f"person{n}@example.org")
                   for n, team in enumerate(("acme", "second", "acme", "second"))]
        assert [answer.status_code for answer in answers[:3]] == [201] * 3
        self.refused(answers[3])
        colleague = api(make_member(acme, "other-admin@example.org", "admin"))
        assert invite_and_revoke(colleague, "acme", "x@example.org").status_code == 201

    def test_what_is_refused_for_another_reason_is_not_counted(self, admin, invited):
        for _ in range(5):
            assert admin.post(INVITATIONS, {"email": "new@example.org", "role": "editor"}).status_code == 409
        admin.delete(f"{INVITATIONS}{invited.id}/")
        assert admin.post(INVITATIONS, {"email": "new@example.org", "role": "editor"}).status_code == 201

    def test_an_address_gets_so_many_mails_of_all_teams_and_no_team_learns_of_the_others(
            self, make_tenant, make_member, api, as_role, mailbox, redis_client):
        made = []
        for n in range(7):
            tenant = make_tenant(f"team-{n}")
            client = api(make_member(tenant, f"admin{n}@example.org", "admin"))
            answer = client.post(f"/api/v1/tenants/team-{n}/invitations/", {"email": "victim@example.org",
                                                                             "role": "viewer"})
            assert answer.status_code == 201
            made.append((tenant, the_invitation(tenant, answer.json()["id"])))
        sent = [deliver(tenant, invitation, as_role) for tenant, invitation in made]
        assert [invitation.sent_at is not None for invitation in sent] == [True] * 5 + [False] * 2
        assert len(mailbox.received) == 5
        assert {(invitation.send_error, invitation.send_attempts) for invitation in sent[5:]} == {("", 0)}
        assert all(promise.due_at > now() + timedelta(hours=23) for promise in Outbox.objects.all())
        assert Outbox.objects.count() == 2
        redis_client.flushdb()  # a day later
        with as_role("engine"):
            Outbox.objects.update(due_at=now())
        assert deliver(*made[5], as_role).sent_at

    def test_trying_a_mail_server_again_uses_nothing_up(self, acme, invited, as_role, mailbox):
        with override_settings(EMAIL_PORT=1):
            for _ in range(6):
                deliver(acme, invited, as_role)
                with as_role("engine"):
                    Outbox.objects.update(due_at=now())
        assert deliver(acme, invited, as_role).sent_at


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
        assert mail.message["Subject"] == 'Join "Acme" on Countersign'
        token = re.search(r"/invitations/([\w-]+)", mail.text)[1]
        assert token not in str(sent.__dict__)
        assert not Outbox.objects.exists()
        assert api(make_user("new@example.org")).post(ACCEPT, {"token": token}).status_code == 201

    @pytest.mark.parametrize("name", [
        "Refund: https://evil.example/now", "www.evil.example", "evil.example/pay?x=1", "evil。example",
        "evil．example", "me@evil.example", "ftp:evil", "//evil.example",
        "two\u2028lines evil.example", 'said "evil.example"'])
    def test_nothing_in_a_name_becomes_a_link(self, acme, invited, as_role, mailbox, name):
        with as_role("owner"):
            type(acme).objects.update(name=name)
            User.objects.filter(email="admin@example.org").update(name=name)
        deliver(acme, invited, as_role)
        [mail] = mailbox.received
        told = f"{mail.message['Subject']} {mail.text}".replace(settings.PUBLIC_URL, "").replace("new@example.org", "")
        assert "(admin@example.org)" in told, "who invites, by the address that is proven"
        told = told.replace("admin@example.org", "")
        assert "evil" in told
        assert not re.search(r"evil[.。．]|://|www\.|@|:evil|//", told)

    def test_ordinary_names_stay_as_they_are(self):
        for name in ("Acme Inc.", "Söhne & Co. KG", "St. John's, Ltd", "日本のチーム", "24/ 7"):
            assert plain(name) == name

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
