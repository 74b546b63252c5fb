"""The door of the process's Unix socket: the host's own token, which came over the pipe, or 401.

All tenant processes run as one system user, whom the socket's file mode does not keep apart from another tenant's.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class HostOnly:
    def __init__(self, app: ASGIApp, token: Callable[[], str]) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._opens(dict(scope["headers"]).get(b"authorization", b"")):
            error = {"code": "not_the_host", "message": "Only the host may call.", "retryable": False,
                     "class": "policy"}
            await JSONResponse({"error": error}, status_code=401)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _opens(self, authorization: bytes) -> bool:
        return hmac.compare_digest(authorization, f"Bearer {self.token()}".encode())
