"""One MCP call from a thread: the SDK's client lives in an asyncio loop of its own, over kept connections."""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from typing import Any

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult

PROTOCOL = "2026-07-28"  # pinned: saves the question on every call
#: Longer than the host lets any call run: whoever waits so long hears what became of it.
SECONDS = 420


class CallFailed(Exception):
    """No result came. `status` is HTTP's (0: no answer at all), `data` what the JSON-RPC error carried."""

    def __init__(self, message: str, *, status: int = 0, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.data = data


class _KeptTransport(httpx2.AsyncHTTPTransport):
    """Shared by the clients of all calls, none of which may close it."""

    async def aclose(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        return


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="mcp", daemon=True).start()
    return loop


@cache
def _transport() -> httpx2.AsyncHTTPTransport:
    return _KeptTransport(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32))


def call_tool(url: str, token: str, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
    """Raises CallFailed. A call that timed out may have happened: ask again with the same idempotency key."""
    future = asyncio.run_coroutine_threadsafe(_call(url, token, tool, arguments, meta), _loop())
    try:
        return future.result(SECONDS + 30)
    except TimeoutError as error:
        future.cancel()
        raise CallFailed("The tool server did not answer in time.") from error


async def _call(url: str, token: str, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
    status = 0

    async def note(response: httpx2.Response) -> None:
        nonlocal status
        status = response.status_code

    http = httpx2.AsyncClient(transport=_transport(), headers={"Authorization": f"Bearer {token}"},
                              timeout=httpx2.Timeout(10, read=SECONDS + 10), event_hooks={"response": [note]})
    request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments, _meta=meta))
    try:
        async with Client(streamable_http_client(url, http_client=http), mode=PROTOCOL, cache=None) as client:
            return await client.session.send_request(request, CallToolResult, request_read_timeout_seconds=SECONDS)
    except Exception as error:
        raise _as_failure(error, status) from error


def _as_failure(error: BaseException, status: int) -> CallFailed:
    """The SDK raises some failures alone and some in exception groups."""
    if isinstance(error, BaseExceptionGroup):
        return _as_failure(error.exceptions[0], status)
    if isinstance(error, MCPError):
        return CallFailed(error.message, status=status, data=error.data)
    reached = status if status >= 400 else 0
    return CallFailed(f"The tool server did not answer ({type(error).__name__}).", status=reached)
