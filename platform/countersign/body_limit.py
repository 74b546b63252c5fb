"""Refuse bodies that are too large while they come in.

Django takes a whole body, to disk where it is large, before the first middleware sees the request, and believes what
it announces: a chunked one announces nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from countersign.api.problems import CONTENT_TYPE, problem_body
from countersign.errors import TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyLimit:
    """ASGI: 413 as soon as more than `most` bytes were announced or have come."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]], most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _announced(scope) > self.most:
            return await self._refuse(send)
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.most:
                raise _TooMuch
            return message

        try:
            await self.app(scope, counted, send)
        except _TooMuch:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        error = TooLarge(f"A request may have {self.most} bytes at most.")
        await send({"type": "http.response.start", "status": error.status,
                    "headers": [(b"content-type", CONTENT_TYPE.encode())]})
        await send({"type": "http.response.body", "body": json.dumps(problem_body(error)).encode()})


class _TooMuch(Exception):
    """Django reads the whole body before it answers anything, so nothing was sent yet."""


def _announced(scope: Message) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
