"""A real SMTP server (aiosmtpd) whose answers, step by step, a test may script."""

from __future__ import annotations

import contextlib
import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from toolserver.tools.contract import CallContext

DROP = "drop the connection"


@dataclass
class Script:
    """What the server answers where: `rcpt` by address, the others by step; DROP breaks the connection."""

    mail: str = ""
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = ""
    after_data: str = ""
    password: str = "secret"
    steps: list[str] = field(default_factory=list)
    received: list[tuple[list[str], EmailMessage, bytes]] = field(default_factory=list)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:
        self.steps.append("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        self.steps.append("MAIL")
        if self.mail:
            return self._answer(server, self.mail)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        self.steps.append(f"RCPT {address}")
        if address in self.rcpt:
            return self._answer(server, self.rcpt[address])
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.steps.append("RSET")
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.steps.append("DATA")
        content = bytes(envelope.original_content or envelope.content or b"")
        if self.after_data and self.after_data != DROP:
            return self.after_data
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.received.append((list(envelope.rcpt_tos), message, content))
        return self._answer(server, self.after_data) if self.after_data else "250 Taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str,
                     login: LoginPassword) -> AuthResult:
        self.steps.append(f"AUTH {login.login.decode()}")
        return AuthResult(success=login.password.decode() == self.password, handled=False)

    def _answer(self, server: SMTP, reply: str) -> str:
        if reply == DROP:
            server.transport.abort()
            return "451 gone"
        return reply


class _Server(SMTP):
    """aiosmtpd has no hook for the answer to DATA itself."""

    async def smtp_DATA(self, arg: str) -> None:
        script: Script = self.event_handler
        if script.data == DROP:
            self.transport.abort()
        elif script.data:
            await self.push(script.data)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def serve_smtp(script: Script) -> Iterator[Callable[..., int]]:
    """Start a server with aiosmtpd's options, and get its port."""
    with contextlib.ExitStack() as stack:
        def serve(**options: Any) -> int:
            controller = _Controller(script, hostname=options.pop("hostname", "localhost"), port=0, **options)
            controller.start()
            stack.callback(controller.stop)
            return controller.port

        yield serve


@pytest.fixture
def smtp_server(serve_smtp: Callable[..., int]) -> int:
    return serve_smtp(hostname="127.0.0.1", enable_SMTPUTF8=True, decode_data=False)


@pytest.fixture
def credential(smtp_server: int) -> dict:
    return {"host": "127.0.0.1", "port": smtp_server, "tls": "none", "from": "Acme News <news@acme.example>"}


@pytest.fixture
def call(tmp_path: Path, credential: dict) -> CallContext:
    return CallContext(tenant=uuid4(), run=uuid4(), idempotency_key="request-1:send", artifacts_root=tmp_path,
                       credential=lambda kind: credential)


@dataclass(frozen=True)
class Certificate:
    context: ssl.SSLContext
    authority: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for `localhost` by an authority of its own."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    signed = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
              .serial_number(x509.random_serial_number()).not_valid_before(moment - timedelta(hours=1))
              .not_valid_after(moment + timedelta(hours=1))
              .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
              .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
              .sign(key, hashes.SHA256()))
    authority = folder / "authority.pem"
    authority.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return Certificate(context, authority)
