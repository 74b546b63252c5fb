"""An e-mail made of Markdown: plain text and HTML side by side, headers that hold no more than they should."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from countersign.clock import now
from countersign.markdown import MarkdownIt

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,253}")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]\\]|\\.)*)\]\(\s*<?([^()\[\]<>\s]+)>?(?:\s+\"[^\"()]*\")?\s*\)")
_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="font:16px/1.5 system-ui,sans-serif;color:#1c1c1c;max-width:42em;margin:0 auto;padding:1em">
{body}</body></html>
"""


def plain_address(text: str) -> str:
    """The address, its domain in ASCII. Raises ValueError for anything but one bare address."""
    text = text.strip()
    if not _ADDRESS.fullmatch(text) or "=?" in text:
        raise ValueError(f"{text[:80]!r} is not an e-mail address.")
    local, _, domain = text.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode().lower()}"
    except UnicodeError as error:
        raise ValueError(f"{domain[:80]!r} is not a domain.") from error


def split_sender(text: str) -> tuple[str, str]:
    """`Team <team@example.org>` or a bare address, as (name, address). Raises ValueError."""
    match = re.fullmatch(r"\s*(?:(?P<name>[^<>]*)<(?P<inside>[^<>]+)>|(?P<bare>[^<>]+))\s*", text)
    if match is None or re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{text[:80]!r} is not a sender.")
    return (match["name"] or "").strip().strip("\"'"), plain_address(match["inside"] or match["bare"])


def literal(text: str) -> str:
    """The words of a header, on one line. Raises ValueError for an encoded word (RFC 2047): it reads as one thing to
    whoever approves it and as another to whoever receives it, and line ends in it would begin headers of their own.
    """
    if "=?" in text:
        raise ValueError("A subject or a sender's name may not hold “=?”.")
    return " ".join(text.split())


def message_id(idempotency_key: str) -> str:
    """The same for every attempt at one planned call, so that a receiver may know a repeat."""
    return f"<{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}@countersign>"


def compose(*, sender: str, to: Sequence[str], subject: str, body: str, html: str | None, key: str) -> EmailMessage:
    """`sender` may carry a name (`Team <team@example.org>`); `html` None means: made of the body."""
    name, address = split_sender(sender)
    message = EmailMessage(policy=policy.SMTP)
    message["Message-ID"] = message_id(key)
    message["Date"] = format_datetime(now())
    message["From"] = Address(literal(name), *_halves(address))
    message["To"] = [Address("", *_halves(plain_address(recipient))) for recipient in to]
    message["Subject"] = literal(subject)
    message.set_content(plain_text(body), charset="utf-8", cte="quoted-printable")
    message.add_alternative(html if html is not None else html_page(body), subtype="html", charset="utf-8",
                            cte="quoted-printable")
    message.set_boundary("=_" + hashlib.sha256(f"boundary {key}".encode()).hexdigest()[:32])
    return message


def shown(message: EmailMessage) -> dict[str, Any]:
    """A composed message as its receiver will read it: headers and both parts, decoded."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {"sender": str(message["From"]), "to": [address.addr_spec for address in message["To"].addresses],
            "subject": str(message["Subject"]), "message_id": str(message["Message-ID"]),
            "text": text.get_content() if text else "", "html": html.get_content() if html else ""}


def plain_text(markdown: str) -> str:
    """The Markdown itself, which reads well, with links written out and sources named."""
    def spelled(match: re.Match[str]) -> str:
        words = re.sub(r"\\(.)", r"\1", match[1])
        target = match[2]
        if target.startswith("source:"):
            return words
        return words if target in (words, f"mailto:{words}") else f"{words} ({target})"

    text = _LINK.sub(spelled, markdown.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(part if part.startswith("`") else re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", part)
                   for part in re.split(r"(`[^`\n]*`)", text))


def html_page(markdown: str) -> str:
    """No HTML of the writer's own comes through, and no link but to the web, to mail, or (as words) to a source."""
    return _PAGE.format(body=_renderer().render(markdown))


def _renderer() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
    md.renderer.rules["link_open"] = _link_open
    md.renderer.rules["link_close"] = _link_close
    return md


def _link_open(tokens: list[Token], at: int, options: object, env: dict) -> str:
    """A source is a document that the reader does not have: named, not linked."""
    target = str(tokens[at].attrGet("href") or "")
    is_link = bool(re.match(r"(?i)(?:https?|mailto):", target))
    env.setdefault("closings", []).append("</a>" if is_link else "</span>")
    if is_link:
        return f"<a{RendererHTML().renderAttrs(tokens[at])}>"
    source = unquote(target.removeprefix("source:")).replace("#L", ", line ")
    quiet = Token("", "", 0, attrs={"title": source, "style": "color:#666;font-size:87%"})
    return f"<span{RendererHTML().renderAttrs(quiet)}>"


def _link_close(tokens: list[Token], at: int, options: object, env: dict) -> str:
    return env["closings"].pop()


def _halves(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain
