"""`email.send` against a real SMTP server: delivered once, or told exactly why not."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from toolserver.tools.contract import CallContext, InDoubt, NotDone
from toolserver.tools.email_send import Arguments, EmailSend

DROP = "drop the connection"


def arguments(**changes: Any) -> Arguments:
    usual = {"to": ["first@readers.example", "second@readers.example"], "subject": "News", "body": "# News\n\nHello."}
    return Arguments.model_validate(usual | changes)


def send(call: CallContext, **changes: Any) -> dict[str, Any]:
    return EmailSend().execute(arguments(**changes), call)


def test_one_message_reaches_every_recipient(call, script) -> None:
    result = send(call)
    assert result["accepted"] == ["first@readers.example", "second@readers.example"]
    [(recipients, message, _)] = script.received
    assert recipients == result["accepted"]
    assert message["Message-ID"] == result["message_id"]
    assert message["From"] == "Acme News <news@acme.example>"
    assert message["To"] == "first@readers.example, second@readers.example"
    assert script.steps == ["EHLO", "MAIL", "RCPT first@readers.example", "RCPT second@readers.example", "DATA"]


@pytest.mark.parametrize("changes", [
    {}, {"body": "See [the notes](source:rain.md#L3), [the site](https://acme.example/a)\r\nand **this**."},
    {"html": "<p>Her own</p>\n.\n", "subject": "Grüße"}, {"to": ["first@READERS.example", "first@readers.example"]}])
def test_what_is_shown_beforehand_is_what_arrives(call, script, changes) -> None:
    shown = EmailSend().preview(arguments(**changes), call)["email"]
    assert (script.steps, call.acting) == ([], False), "showing it sends nothing"
    result = send(call, **changes)
    [(recipients, message, _)] = script.received
    assert shown["sender"] == message["From"]
    assert shown["to"] == recipients == result["accepted"]
    assert shown["subject"] == message["Subject"]
    assert shown["message_id"] == result["message_id"]
    for part, kind in (("text", "plain"), ("html", "html")):
        assert shown[part].splitlines() == message.get_body((kind,)).get_content().splitlines()


def test_what_would_be_refused_cannot_be_shown(call, credential) -> None:
    with pytest.raises(NotDone) as refused:
        EmailSend().preview(arguments(subject="=?utf-8?q?x?="), call)
    assert refused.value.code == "message_invalid"
    del credential["from"]
    with pytest.raises(NotDone) as refused:
        EmailSend().preview(arguments(), call)
    assert refused.value.code == "credential_incomplete"


def test_the_message_id_follows_from_the_key_alone(call, script) -> None:
    first = send(call)["message_id"]
    assert send(call, subject="Other words")["message_id"] == first
    call.idempotency_key = "request-2:send"
    assert send(call)["message_id"] != first
    assert len(script.received) == 3


def test_lines_that_begin_with_a_dot_arrive_whole(call, script) -> None:
    send(call, body="before\n.\n..after", html="<p>x</p>\n.\n")
    message = script.received[0][1]
    assert message.get_body(("plain",)).get_content().split() == ["before", ".", "..after"]
    assert message.get_body(("html",)).get_content().split() == ["<p>x</p>", "."]


def test_a_recipient_named_twice_gets_one_copy(call, script) -> None:
    assert send(call, to=["first@readers.example", "first@READERS.example"])["accepted"] == ["first@readers.example"]
    assert script.received[0][0] == ["first@readers.example"]


def test_one_refused_recipient_means_nothing_is_sent(call, script) -> None:
    script.rcpt = {"second@readers.example": "550 5.1.1 No such user"}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert not refused.value.retryable
    assert refused.value.data["recipients"] == ["second@readers.example"]
    assert "second@readers.example (550 5.1.1 No such user)" in refused.value.detail
    assert script.steps[-1] == "RSET"
    assert script.received == []


def test_recipients_refused_for_now_may_be_tried_again(call, script) -> None:
    script.rcpt = {"second@readers.example": "450 4.2.0 Greylisted"}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.retryable
    assert script.received == []


@pytest.mark.parametrize(("step", "reply", "retryable"), [
    ("mail", "451 4.3.0 Try later", True), ("mail", "553 5.1.8 Bad sender", False), ("mail", DROP, True),
    ("data", "451 4.3.0 Try later", True), ("data", "554 5.5.1 No", False), ("data", DROP, True),
    ("after_data", "452 4.2.2 Full", True), ("after_data", "554 5.7.1 Looks like spam", False),
])
def test_a_refusal_at_each_step_proves_that_nothing_was_sent(call, script, step, reply, retryable) -> None:
    setattr(script, step, reply)
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.retryable is retryable
    assert script.received == []


def test_a_connection_that_breaks_among_the_recipients_sent_nothing(call, script) -> None:
    script.rcpt = {"second@readers.example": DROP}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.retryable
    assert not call.acting


def test_a_connection_that_breaks_after_the_end_of_the_data_leaves_doubt(call, script) -> None:
    script.after_data = DROP
    with pytest.raises(InDoubt):
        send(call)
    assert call.acting
    assert len(script.received) == 1, "this server had taken it: repeating would have sent it twice"


def test_an_answer_that_says_neither_yes_nor_no_leaves_doubt(call, script) -> None:
    script.after_data = "999 What"
    with pytest.raises(InDoubt):
        send(call)


def test_a_server_that_is_down_is_not_done_and_may_be_tried_again(call, credential) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        credential["port"] = closed.getsockname()[1]
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.code == "smtp_unreachable"
    assert refused.value.retryable


def test_a_server_that_greets_with_554_is_a_permanent_refusal(call, credential) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        credential["port"] = listener.getsockname()[1]

        def greet() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"554 No service here\r\n")
            connection.recv(100)
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(NotDone) as refused:
            send(call)
        thread.join(5)
    assert not refused.value.retryable
    assert "554 No service here" in refused.value.detail


def test_a_missing_credential_sends_nothing(call, script) -> None:
    def missing(kind: str) -> dict:
        raise NotDone("There is none.", code="credential_missing", retryable=True)

    call.credential = missing
    with pytest.raises(NotDone, match="There is none"):
        send(call)
    assert script.steps == []


def test_an_incomplete_credential_names_the_field_and_no_value(call, credential) -> None:
    del credential["from"]
    credential["password"] = "hunter2"
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.code == "credential_incomplete"
    assert "from" in refused.value.detail
    assert "hunter2" not in refused.value.detail


def test_starttls_and_sign_in(call, credential, script, serve_smtp, certificate, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    port = serve_smtp(tls_context=certificate.context, require_starttls=True, auth_required=True,
                      authenticator=script.authenticate)
    credential |= {"host": "localhost", "port": port, "tls": "starttls", "username": "acme", "password": "secret"}
    assert send(call)["accepted"]
    assert "AUTH acme" in script.steps
    assert len(script.received) == 1


def test_a_wrong_password_is_refused_for_good_and_not_quoted(call, credential, script, serve_smtp, certificate,
                                                             monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    port = serve_smtp(tls_context=certificate.context, authenticator=script.authenticate)
    credential |= {"host": "localhost", "port": port, "tls": "starttls", "username": "acme", "password": "hunter2"}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.code == "smtp_auth_refused"
    assert not refused.value.retryable
    assert "hunter2" not in str(refused.value)
    assert script.received == []


def test_a_server_without_starttls_is_not_trusted_with_a_password(call, credential, script) -> None:
    credential |= {"tls": "starttls", "username": "acme", "password": "secret"}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.code == "smtp_no_starttls"
    assert not any(step.startswith("AUTH") for step in script.steps)


def test_a_certificate_that_nobody_vouches_for_is_refused(call, credential, script, serve_smtp, certificate) -> None:
    credential |= {"host": "localhost", "port": serve_smtp(tls_context=certificate.context), "tls": "starttls"}
    with pytest.raises(NotDone) as refused:
        send(call)
    assert refused.value.code == "smtp_tls_failed"
    assert not refused.value.retryable
    assert script.received == []


@pytest.mark.parametrize("recipient", [
    "", "first", "first@readers.example\nBcc: spy@evil.example", "a@b@c.example", "First <first@readers.example>",
    "first@readers.example, spy@evil.example", "ada@ex ample",
])
def test_what_is_no_bare_address_is_refused_before_anything_is_sent(recipient) -> None:
    with pytest.raises(ValueError, match=r"address|domain"):
        arguments(to=[recipient])


@pytest.mark.parametrize("subject", ["News\r\nBcc: spy@evil.example", "News\nX: y", "News\x00"])
def test_a_subject_of_two_lines_is_refused(subject) -> None:
    with pytest.raises(ValueError, match="pattern"):
        arguments(subject=subject)
