"""The three outcomes (design §4.7): done, not done (the same grant may try again), unknown (never guessed)."""

import asyncio
import contextlib
import socket

import pytest
from aiosmtpd.controller import Controller

from countersign.database.context import tenant_context
from countersign.doorbells.models import Outbox
from countersign.embedded.mailbox import Mailbox
from tenants.models import AuditEntry

LETTER = {"to": ["reader@example.org"], "subject": "News", "body": "Hello"}


@pytest.fixture
def mail(host, team, api, settings):
    """`mail(port)`: the team's SMTP credential names that port from now on."""
    client = api(team.admin)
    base = f"/api/v1/tenants/{team.tenant.slug}/credentials/"
    made = {}

    def use(port: int) -> None:
        secret = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "News <news@acme.example>"}
        if made:
            answer = client.put(f"{base}{made['id']}/", {"secret": secret})
        else:
            answer = client.post(base, {"name": "mail", "kind": "smtp", "secret": secret})
        assert answer.status_code in (200, 201), answer.content
        made.update(answer.json())

    return use


@pytest.fixture
def letter(team, planned, worker):
    """`letter()` sends the approved letter, or asks for what came of it."""
    approved = team.approve([planned("send", "email.send", LETTER)])
    return lambda: worker.call("email.send", LETTER, approved.meta("send"))["result"]


@contextlib.contextmanager
def line_that_breaks():
    """A real SMTP server that takes the whole message and hangs up instead of answering."""
    taken = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            taken.append(envelope.content)
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 never heard"

    class OnFreePort(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = OnFreePort(Handler(), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port, taken
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def outcome(answer: dict) -> tuple[str, bool]:
    return answer["_meta"]["countersign/outcome"], answer["_meta"]["countersign/retryable"]


def test_what_is_not_done_is_tried_again_with_the_same_grant(team, mail, letter):
    port = free_port()
    mail(port)
    assert outcome(letter()) == ("not_done", True)
    assert outcome(letter()) == ("not_done", True)
    with Mailbox(port=port) as mailbox:
        assert outcome(letter()) == ("done", False)
        assert outcome(letter()) == ("done", False)
        assert len(mailbox.received) == 1
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("done", 3)


def test_a_credential_that_is_missing_is_no_effect_and_counts_once_it_is_there(mail, letter):
    answer = letter()
    assert outcome(answer) == ("not_done", True)
    assert answer["_meta"]["countersign/code"] == "credential_missing"
    with Mailbox() as mailbox:
        mail(mailbox.port)
        assert outcome(letter()) == ("done", False)
        assert len(mailbox.received) == 1


def test_a_process_that_runs_learns_of_a_rotated_credential(team, mail, letter, planned, worker):
    with Mailbox() as first, Mailbox() as second:
        mail(first.port)
        assert outcome(letter()) == ("done", False)
        mail(second.port)
        again = team.approve([planned("send", "email.send", LETTER)], gate="again")
        assert outcome(worker.call("email.send", LETTER, again.meta("send"))["result"]) == ("done", False)
        assert (len(first.received), len(second.received)) == (1, 1)


def test_a_credentials_last_use_is_noted(team, mail, letter, api):
    path = f"/api/v1/tenants/{team.tenant.slug}/credentials/"
    with Mailbox() as mailbox:
        mail(mailbox.port)
        assert api(team.admin).get(path).json()["results"][0]["last_used_at"] is None
        letter()
    assert api(team.admin).get(path).json()["results"][0]["last_used_at"]


def test_what_is_in_doubt_stays_so_and_is_never_sent_again(team, mail, letter):
    with line_that_breaks() as (port, taken):
        mail(port)
        for _ in range(3):
            assert outcome(letter()) == ("unknown", False)
        assert len(taken) == 1
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("unknown", 1)


@pytest.fixture
def doubt(team, mail, letter, api):
    """A letter in doubt, and `say(happened)`, by which an admin says what happened."""
    with line_that_breaks() as (port, _):
        mail(port)
        assert outcome(letter()) == ("unknown", False)
    entry, = team.entries()
    path = f"/api/v1/tenants/{team.tenant.slug}/tool-calls/{entry.id}/resolution/"
    return lambda happened, by=team.admin: api(by).post(path, {"happened": happened, "note": "I asked them."})


def test_a_person_says_that_it_happened(team, mail, letter, doubt):
    with Mailbox() as mailbox:
        mail(mailbox.port)
        assert doubt(True).status_code == 201
        answer = letter()
        assert outcome(answer) == ("done", False)
        assert "structuredContent" not in answer
        assert not mailbox.received
    with tenant_context(team.tenant.id):
        assert AuditEntry.objects.filter(action="tool_call.resolved").count() == 1
    assert Outbox.objects.filter(topic="run", subject_id=team.run).exists()


def test_a_person_says_that_it_did_not_happen(team, mail, letter, doubt):
    with Mailbox() as mailbox:
        mail(mailbox.port)
        assert doubt(False).status_code == 201
        assert outcome(letter()) == ("done", False)
        assert outcome(letter()) == ("done", False)
        assert len(mailbox.received) == 1


def test_a_word_counts_for_the_attempt_it_was_said_of(mail, letter, doubt):
    """Said of the first attempt, it does not settle a second one that ended in doubt, too."""
    assert doubt(False).status_code == 201
    with line_that_breaks() as (port, taken):
        mail(port)
        assert outcome(letter()) == ("unknown", False)
        assert outcome(letter()) == ("unknown", False)
        assert len(taken) == 1
        assert doubt(True).status_code == 201
        assert outcome(letter()) == ("done", False)


def test_a_repeated_word_is_the_same_and_another_one_is_refused(team, letter, doubt):
    assert doubt(True).status_code == 201
    assert doubt(True).status_code == 201
    refused = doubt(False)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_resolved")
    with tenant_context(team.tenant.id):
        assert AuditEntry.objects.filter(action="tool_call.resolved").count() == 1
    letter()
    refused = doubt(True)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_in_doubt")


def test_editors_do_not_say_what_happened(team, doubt):
    assert doubt(True, by=team.editor).status_code == 403


def test_a_new_attempt_needs_an_approval_that_still_holds(team, mail, letter):
    from approvals.services import remove_role_member
    from tenants.audit import Actor

    mail(free_port())
    assert outcome(letter()) == ("not_done", True)
    with tenant_context(team.tenant.id):
        remove_role_member(role=team.role, user=team.editor, actor=Actor.of(team.admin))
    with pytest.raises(KeyError, match="result"):
        letter()
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("not_done", 1)
