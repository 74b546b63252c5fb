"""E-mail that asks people to decide, through the outbox and a real mail server."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from approvals.actors import send_notice
from approvals.models import Decision, Notice
from approvals.services import Subject, deliver_notice, remove_role_member
from approvals.services import notices as notices_service
from countersign.clock import now
from countersign.doorbells.models import Outbox
from countersign.embedded.mailbox import Mailbox
from countersign.ids import new_id
from tenants.audit import Actor

pytestmark = pytest.mark.django_db


class Refusing(Mailbox):
    """Answers every recipient with this."""

    answer = "550 5.1.1 No such person here"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        return self.answer


def mail_through(port: int):
    return override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1",
                             EMAIL_PORT=port, PUBLIC_URL="https://countersign.example")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """A notice is due as soon as it is promised."""
    monkeypatch.setattr(notices_service, "SENT_AFTER", timedelta(0))


@pytest.fixture
def mailbox():
    with Mailbox() as box, mail_through(box.port):
        yield box


@pytest.fixture
def deliver(team, as_role):
    """What the notify worker does when it is rung for every notice that waits."""
    def all_due() -> None:
        with team.context():
            ids = list(Notice.objects.order_by("id").values_list("id", flat=True))
        with as_role("engine"):
            for id in ids:
                send_notice.fn(str(team.tenant.id), str(id))

    return all_due


def notices(team) -> list[Notice]:
    with team.context():
        return list(Notice.objects.order_by("id"))


def make_due(as_role) -> None:
    with as_role("owner"):
        Outbox.objects.filter(topic="notice").update(due_at=now())


def test_everyone_who_is_asked_gets_one_e_mail(team, editor, mailbox, deliver):
    starter = team.person("starter")
    other = team.person("other", "Editor")
    request = team.open(started_by=starter, title="News:\nMarch\r\n", expires_after_hours=4)
    deliver()
    assert {m.recipients for m in mailbox.received} == {(editor.email,), (other.email,)}
    message = mailbox.received[0]
    assert message.message["Subject"] == "Waits for your decision: News: March"
    assert message.message["Auto-Submitted"] == "auto-generated"
    assert f"https://countersign.example/t/acme/approvals/{request.id}" in message.text.split()
    for words in ("“News: March” in Acme waits for your decision, as Editor.", "starter@acme.example asked for it",
                  "revision 1", "releases 1 tool call: files.write.", "Opening this link decides nothing",
                  "It can be decided until"):
        assert words in message.text
    assert [n.status for n in notices(team)] == ["sent", "sent"]
    assert not Outbox.objects.filter(topic="notice").exists()


def test_being_rung_again_sends_nothing_twice(team, editor, mailbox, deliver):
    team.open()
    deliver()
    deliver()
    assert len(mailbox.received) == 1


def test_opening_the_link_decides_nothing(team, editor, mailbox, deliver, api, client):
    request = team.open()
    deliver()
    path = mailbox.received[0].text.split("https://countersign.example")[1].split()[0]
    client.get(path)
    api(editor).get(path)
    api(editor).get(f"/api/v1/tenants/acme/approvals/{request.id}/decisions/")
    assert team.status(request) == "open"
    with team.context():
        assert not Decision.objects.exists()


def test_a_mail_server_that_is_down_is_tried_again_later(team, editor, deliver, as_role):
    team.open()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        with mail_through(unused.getsockname()[1]):
            deliver()
    [notice] = notices(team)
    assert (notice.status, notice.attempts) == ("waiting", 1)
    assert "ConnectionRefusedError" in notice.error
    row = Outbox.objects.get(topic="notice")
    assert timedelta(seconds=3) < row.due_at - now() <= timedelta(seconds=5)
    with Mailbox() as box, mail_through(box.port):
        deliver()
        assert box.received == []  # not before its time
        make_due(as_role)
        deliver()
        assert box.received[0].message_id == f"<notice.{notice.id}@countersign>"
    assert [(n.status, n.attempts, n.error) for n in notices(team)] == [("sent", 2, "")]


def test_it_waits_longer_each_time_and_gives_up_in_the_end(team, editor, deliver, as_role):
    team.open()
    waits = []
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with mail_through(unused.getsockname()[1]):
            for _ in range(12):
                make_due(as_role)
                deliver()
                waits += [row.due_at - now() for row in Outbox.objects.filter(topic="notice")]
    [notice] = notices(team)
    assert (notice.status, notice.attempts) == ("failed", 9)
    assert [round(w.total_seconds()) for w in waits] == [5, 20, 80, 320, 1280, 5120, 20480, 21600]


def test_an_address_refused_for_good_is_not_tried_again(team, editor, deliver):
    team.open()
    with Refusing() as box, mail_through(box.port):
        deliver()
    [notice] = notices(team)
    assert (notice.status, notice.attempts) == ("failed", 1)
    assert "No such person here" in notice.error
    assert not Outbox.objects.filter(topic="notice").exists()


def test_an_address_refused_for_now_is_tried_again(team, editor, deliver, monkeypatch):
    monkeypatch.setattr(Refusing, "answer", "451 4.3.0 Come back later")
    team.open()
    with Refusing() as box, mail_through(box.port):
        deliver()
    assert [n.status for n in notices(team)] == ["waiting"]
    assert Outbox.objects.filter(topic="notice").count() == 1


@pytest.mark.parametrize("what", ["decided", "settled", "lost the role"])
def test_what_is_no_longer_asked_is_not_sent(team, editor, mailbox, deliver, what):
    other = team.person("other", "Editor")
    request = team.open({"Editor": 2})
    if what == "decided":
        team.decide(request, editor)
    elif what == "settled":
        team.decide(request, other, "reject")
    else:
        with team.context():
            remove_role_member(role=team.roles["Editor"], user=editor, actor=Actor.system("test"))
    deliver()
    assert editor.email not in {m.recipients[0] for m in mailbox.received}
    assert "not_needed" in {n.status for n in notices(team) if n.user_id == editor.id}


def test_who_decides_at_once_is_sent_nothing_and_nothing_is_left_to_do(team, editor, mailbox, deliver, monkeypatch):
    monkeypatch.setattr(notices_service, "SENT_AFTER", timedelta(seconds=3))
    late, soon = (team.open(subject=Subject("run", new_id())) for _ in range(2))
    deliver()
    assert not mailbox.received, "it is not due yet"
    team.decide(soon, editor)
    assert {n.request_id: n.status for n in notices(team)} == {late.id: "waiting", soon.id: "not_needed"}
    [promised] = Outbox.objects.filter(topic="notice")
    assert promised.subject_id == next(n.id for n in notices(team) if n.request_id == late.id)
    assert promised.rung_at is None, "the scheduler rings for it"


@pytest.mark.django_db(transaction=True)
def test_a_notice_that_is_being_sent_holds_no_decision_up(team, editor, as_role):
    """Whoever sends it has its row; the request closes all the same."""
    request = team.open()
    [notice] = notices(team)
    sending = connection.copy()
    try:
        with sending.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(team.tenant.id)])
            cursor.execute("SELECT 1 FROM approvals_notice WHERE id = %s FOR NO KEY UPDATE", [notice.id])
            team.decide(request, editor)
    finally:
        sending.close()
    assert team.status(request) == "approved"


def test_a_worker_killed_before_it_noted_the_sending_sends_the_same_message_id(team, editor, mailbox, as_role,
                                                                              monkeypatch):
    team.open()
    [notice] = notices(team)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("approvals.services.notices.update", killed)
        with as_role("engine"), pytest.raises(KeyboardInterrupt):
            deliver_notice(tenant_id=team.tenant.id, notice_id=notice.id)
    with as_role("engine"):
        deliver_notice(tenant_id=team.tenant.id, notice_id=notice.id)
    assert [m.message_id for m in mailbox.received] == [f"<notice.{notice.id}@countersign>"] * 2
    assert [n.status for n in notices(team)] == ["sent"]
