"""Refuse bodies that are too large, or too slow, while they come in.

Django takes a whole body, to disk where it is large, before the first middleware sees the request, and believes what
it announces: a chunked one announces nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any

from countersign.api.problems import send_problem
from countersign.errors import CountersignError, TooLarge, TooSlow

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI: 413 as soon as more than `most` bytes were announced or have come; 408 when the rest does not come.

    Outside of `large`, the paths below which bodies may be as long as that, it is `small` bytes. `pause` is the longest
    silence within a body, `whole` the longest time for all of it, both in seconds.
    """

    def __init__(self, app: Application, most: int, *, large: str = "/", small: int = 0, pause: float = 20,
                 whole: float = 120) -> None:
        self.app = app
        self.most = most
        self.large = large
        self.small = small
        self.pause = pause
        self.whole = whole

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        most = self.most if scope["path"].startswith(self.large) else self.small
        if _announced(scope) > most:
            return await send_problem(send, _too_large(most))
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
            if size > most:
                raise _Refused(_too_large(most))
            return message

        try:
            await self.app(scope, counted, send)
        except _Refused as refused:
            await send_problem(send, refused.error)


class _Refused(Exception):
    """Django reads the whole body before it answers anything, so nothing was sent yet."""

    def __init__(self, error: CountersignError) -> None:
        self.error = error


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"A request may have {most} bytes at most here.", most_bytes=most)


def _announced(scope: Message) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
