"""Refuse bodies that are too large, or too slow, while they come in.

Django takes a whole body, to disk where it is large, before the first middleware sees the request, and believes what
it announces: a chunked one announces nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any

from countersign.api.problems import CONTENT_TYPE, problem_body
from countersign.errors import CountersignError, TooLarge, TooSlow

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyLimit:
    """ASGI: 413 as soon as more than `most` bytes were announced or have come; 408 when the rest does not come.

    `pause` is the longest silence within a body, `whole` the longest time for all of it, both in seconds.
    """

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]], most: int, *, pause: float = 20,
                 whole: float = 120) -> None:
        self.app = app
        self.most = most
        self.pause = pause
        self.whole = whole

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _announced(scope) > self.most:
            return await self._refuse(send, self._too_large)
        size, more, began = 0, True, monotonic()

        async def counted() -> Message:
            nonlocal size, more
            if not more:
                return await receive()  # to hear when the client goes, which may take long
            try:
                async with asyncio.timeout(min(self.pause, began + self.whole - monotonic())):
                    message = await receive()
            except TimeoutError:
                raise _Refused(TooSlow()) from None
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            if size > self.most:
                raise _Refused(self._too_large)
            return message

        try:
            await self.app(scope, counted, send)
        except _Refused as refused:
            await self._refuse(send, refused.error)

    @property
    def _too_large(self) -> TooLarge:
        return TooLarge(f"A request may have {self.most} bytes at most.", most_bytes=self.most)

    async def _refuse(self, send: Send, error: CountersignError) -> None:
        closing = [(b"connection", b"close")] if error.status == TooSlow.status else []
        await send({"type": "http.response.start", "status": error.status,
                    "headers": [(b"content-type", CONTENT_TYPE.encode()), *closing]})
        await send({"type": "http.response.body", "body": json.dumps(problem_body(error)).encode()})


class _Refused(Exception):
    """Django reads the whole body before it answers anything, so nothing was sent yet."""

    def __init__(self, error: CountersignError) -> None:
        self.error = error


def _announced(scope: Message) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
