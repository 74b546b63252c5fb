"""Refuse headers that are too large, before anybody reads them.

The protocol (`countersign.connections`) lets go of who goes on sending headers; what comes complete in one piece gets
here. Python reads cookies in time that grows with the square of their length (CVE-2024-7592, up to 3.11.9 and 3.12.5).
"""

from __future__ import annotations

from countersign.api.problems import send_problem
from countersign.body_limit import Application, Message, Receive, Send
from countersign.errors import HeadersTooLarge


class HeaderLimit:
    """ASGI: 431 for more than `most` bytes of headers, names and values, or `cookies` bytes of cookies."""

    def __init__(self, app: Application, *, most: int = 32 * 1024, cookies: int = 8 * 1024) -> None:
        self.app = app
        self.most = most
        self.cookies = cookies

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._too_large(scope["headers"]):
            await send_problem(send, HeadersTooLarge(most_bytes=self.most, most_cookie_bytes=self.cookies))
        else:
            await self.app(scope, receive, send)

    def _too_large(self, headers: list[tuple[bytes, bytes]]) -> bool:
        cookies = sum(len(value) for name, value in headers if name == b"cookie")
        return cookies > self.cookies or sum(len(name) + len(value) for name, value in headers) > self.most
