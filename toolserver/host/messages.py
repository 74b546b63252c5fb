"""Reading what callers send, strictly: one JSON value with one meaning, or a typed refusal.

Two readers of one text must never see two calls, so duplicate keys, NaN and half characters are refused, and what is
passed on is written anew from the value that was checked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from countersign import strict_json
from countersign.errors import TooLarge
from toolserver.host.errors import BadMessage, UnreadableMessage

MAX_CALL_BYTES = 12 * 1024 * 1024
MAX_MODEL_CALL_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Message:
    """One JSON-RPC request, or a notification when `id` is None."""

    method: str
    params: dict[str, Any]
    id: int | str | None

    def dump(self) -> bytes:
        body = {"jsonrpc": "2.0", "method": self.method, "params": self.params}
        return write_json(body if self.id is None else body | {"id": self.id})


async def read_body(request: Request, most: int) -> bytes:
    """Raises TooLarge as soon as more than `most` bytes were announced or have come, UnreadableMessage when the caller
    went away before the end."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise TooLarge(f"A request here may have {most} bytes at most.")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise TooLarge(f"A request here may have {most} bytes at most.")
            parts.append(part)
    except ClientDisconnect as gone:
        raise UnreadableMessage("The request broke off.") from gone
    return b"".join(parts)


def read_json(body: bytes) -> Any:
    """Raises UnreadableMessage."""
    try:
        return strict_json.read_json(body, deepest=MAX_DEPTH, refused=UNSTORABLE)
    except strict_json.UnreadableJson as error:
        raise UnreadableMessage(error.detail) from error


def write_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def read_message(body: bytes) -> Message:
    """Raises UnreadableMessage or BadMessage. Batches and clients' responses are refused: nothing here needs them."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise BadMessage("Send one JSON-RPC request; batches are not accepted.")
    method, params, id = value.get("method"), value.get("params", {}), value.get("id")
    if value.get("jsonrpc") != "2.0" or not isinstance(method, str) or not isinstance(params, dict):
        raise BadMessage("This is no JSON-RPC 2.0 request with a method and named params.")
    if isinstance(id, bool) or not isinstance(id, int | str | None):
        raise BadMessage("A JSON-RPC id is a string or an integer.")
    if (id is None) != method.startswith("notifications/"):
        raise BadMessage("Requests have an id, notifications have none.")
    return Message(method, params, id)
