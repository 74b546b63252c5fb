"""One message over SMTP, a step at a time, so that each failure can be told for what it proves (RFC 5321)."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from countersign.logs import get_logger
from toolserver.tools.contract import CallContext, InDoubt, NotDone

log = get_logger(__name__)

CONNECT_SECONDS = 15
STEP_SECONDS = 60
QUIT_SECONDS = 2
ACCEPT_SECONDS = 300  # a server may scan a message before it takes it (RFC 5321, 4.5.3.2.6: ten minutes)


class SmtpCredential(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    username: str = ""
    password: str = Field(default="", repr=False)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    sender: str = Field(alias="from", min_length=3)


@contextlib.contextmanager
def signed_in(credential: SmtpCredential) -> Iterator[smtplib.SMTP]:
    """A session that is greeted, encrypted and authenticated as the credential says. Raises NotDone."""
    client = _connect(credential)
    try:
        with _unsent("greet the mail server"):
            _expect(client.ehlo(), "EHLO")
        if credential.tls == "starttls":
            _start_tls(client)
        if credential.username:
            _log_in(client, credential)
        yield client
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if client.sock:
                client.sock.settimeout(QUIT_SECONDS)
            client.quit()
        client.close()


def deliver(client: smtplib.SMTP, *, sender: str, recipients: Sequence[str], message: bytes,
            context: CallContext) -> None:
    """All recipients or none. Raises NotDone while nothing can have been sent, InDoubt when that can't be known."""
    with _unsent("name the sender"):
        options = ["SMTPUTF8", "BODY=8BITMIME"] if not _is_ascii(sender, *recipients) else []
        if options and not client.has_extn("smtputf8"):
            raise NotDone("The mail server does not take addresses with letters outside ASCII.", code="smtp_no_utf8")
        _expect(client.mail(sender, options), "MAIL FROM")
        refused = {address: reply for address in recipients if (reply := client.rcpt(address))[0] not in (250, 251)}
        if refused:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.rset()
            _refuse_recipients(refused)
        _expect(client.docmd("DATA"), "DATA", wanted=(354,))
    content = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", message))
    context.begin()
    with _unsent("hand over the message"):  # a message without its last line is thrown away (RFC 5321, 4.1.1.4)
        client.send(content if content.endswith(b"\r\n") else content + b"\r\n")
    code, words = _last_line(client)
    if code == 250:
        return
    if 400 <= code < 600:
        _refuse(code, words, "the message")
    raise InDoubt(f"The mail server answered the message with {code}, which says neither yes nor no.",
                  code="smtp_in_doubt")


def _last_line(client: smtplib.SMTP) -> tuple[int, bytes]:
    """From the first byte of this on, the server may have taken the message."""
    try:
        if client.sock:
            client.sock.settimeout(ACCEPT_SECONDS)
        client.send(b".\r\n")
        return client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise InDoubt("The connection broke when the whole message was handed over: the mail server may have taken it.",
                      code="smtp_in_doubt") from error


def _connect(credential: SmtpCredential) -> smtplib.SMTP:
    where = f"{credential.host}:{credential.port}"
    client: smtplib.SMTP = smtplib.SMTP_SSL(timeout=CONNECT_SECONDS, context=ssl.create_default_context(),
                                            local_hostname=_own_name()) if credential.tls == "tls" else \
        smtplib.SMTP(timeout=CONNECT_SECONDS, local_hostname=_own_name())
    client._host = credential.host  # type: ignore[attr-defined]  # smtplib checks the certificate against it
    try:
        with _unsent(f"reach the mail server at {where}"):
            code, words = client.connect(credential.host, credential.port)
        if code != 220:
            _refuse(code, words, "the connection")
    except BaseException:
        client.close()
        raise
    if client.sock:
        client.sock.settimeout(STEP_SECONDS)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the last line waits 40 ms for an ACK
    return client


def _start_tls(client: smtplib.SMTP) -> None:
    if not client.has_extn("starttls"):
        raise NotDone("The mail server offers no STARTTLS, which the credential asks for.", code="smtp_no_starttls")
    with _unsent("encrypt the connection"):
        _expect(client.starttls(context=ssl.create_default_context()), "STARTTLS", wanted=(220,))
        _expect(client.ehlo(), "EHLO")


def _log_in(client: smtplib.SMTP, credential: SmtpCredential) -> None:
    with _unsent("sign in to the mail server"):
        try:
            client.login(credential.username, credential.password)
        except smtplib.SMTPAuthenticationError as error:
            retryable = 400 <= error.smtp_code < 500
            raise NotDone("The mail server refused the user name or password.", code="smtp_auth_refused",
                          retryable=retryable) from None  # the cause may quote what was sent
        except smtplib.SMTPNotSupportedError as error:
            raise NotDone("The mail server takes no password here; it may want TLS first.",
                          code="smtp_no_auth") from error


@contextlib.contextmanager
def _unsent(doing: str) -> Iterator[None]:
    """Whatever breaks in here, nothing has been sent."""
    try:
        yield
    except ssl.SSLError as error:
        raise NotDone(f"Could not {doing}: the TLS connection failed ({error.reason or 'certificate'}).",
                      code="smtp_tls_failed", retryable=not isinstance(error, ssl.SSLCertVerificationError)) from error
    except smtplib.SMTPResponseException as error:
        _refuse(error.smtp_code, error.smtp_error, f"an attempt to {doing}")
    except (OSError, smtplib.SMTPException) as error:
        raise NotDone(f"Could not {doing}: {_reason(error)}.", code="smtp_unreachable", retryable=True) from error


def _expect(reply: tuple[int, bytes], step: str, wanted: tuple[int, ...] = (250,)) -> None:
    if reply[0] not in wanted:
        _refuse(reply[0], reply[1], step)


def _refuse(code: int, words: bytes | str, what: str) -> NoReturn:
    """4xx may pass (RFC 5321, 4.2.1), 5xx will not; a code outside both means that the connection is gone."""
    if code == -1:
        raise NotDone("The mail server closed the connection.", code="smtp_unreachable", retryable=True)
    raise NotDone(f"The mail server refused {what}: {code} {_said(words)}", code="smtp_refused", smtp_code=code,
                  retryable=not 500 <= code < 600)


def _refuse_recipients(refused: dict[str, tuple[int, bytes]]) -> NoReturn:
    said = "; ".join(f"{address} ({code} {_said(words)})" for address, (code, words) in refused.items())
    raise NotDone(f"Nothing was sent: the mail server refused {said}", code="smtp_recipients_refused",
                  retryable=all(not 500 <= code < 600 for code, _ in refused.values()), recipients=list(refused))


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return (getattr(error, "strerror", None) or _said(str(error)) or "the connection broke").lower()


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _is_ascii(*addresses: str) -> bool:
    return all(address.isascii() for address in addresses)
