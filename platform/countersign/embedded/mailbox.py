"""A real SMTP server on loopback that keeps what it is sent: the mailbox of `up`, of `demo` and of the tests."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from countersign.clock import now


@dataclass(frozen=True)
class Received:
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"] or "")

    @property
    def text(self) -> str:
        body = self.message.get_body(preferencelist=("plain", "html"))
        return body.get_content() if body else ""


class Mailbox:
    """Started on entry, stopped on exit. With a `folder`, each message is kept there as `<time>-<n>.eml`."""

    def __init__(self, *, port: int = 0, folder: Path | None = None) -> None:
        self.received: list[Received] = []
        self.folder = folder
        self._controller = _Controller(self, hostname="127.0.0.1", port=port, decode_data=False, enable_SMTPUTF8=True)

    def __enter__(self) -> Mailbox:
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return self._controller.server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.received.append(Received(tuple(envelope.rcpt_tos), message))
        if self.folder:
            name = f"{now():%Y%m%dT%H%M%S}-{len(self.received):04}.eml"
            (self.folder / name).write_bytes(envelope.content)
        return "250 Message kept"

    def wait_for(self, wanted: Callable[[Received], bool], *, seconds: float = 20, after: int = 0) -> Received:
        """The first message received from number `after` on for which `wanted` holds. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.received[after:]:
                if wanted(message):
                    return message
            time.sleep(0.02)
        raise TimeoutError("The expected e-mail did not arrive.")


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """aiosmtpd checks its own port by name; with port 0 it must ask the socket."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
