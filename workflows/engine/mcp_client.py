"""One MCP call from a thread: the SDK's clients live in an asyncio loop of their own, over kept connections."""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from typing import Any

import httpx2
import uvloop
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult

PROTOCOL = "2026-07-28"  # pinned: saves the question on every call
#: Longer than the host lets any call run: whoever waits so long hears what became of it.
SECONDS = 420
MOST_IDLE = 32


class CallFailed(Exception):
    """No result came. `status` is HTTP's (0: no answer at all), `data` what the JSON-RPC error carried."""

    def __init__(self, message: str, *, status: int = 0, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.data = data


def call_tool(url: str, token: str, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
    """Raises CallFailed. A call that timed out may have happened: ask again with the same idempotency key."""
    future = asyncio.run_coroutine_threadsafe(_call(url, token, tool, arguments, meta), _loop())
    try:
        return future.result(SECONDS + 30)
    except TimeoutError as error:
        future.cancel()
        raise CallFailed("The tool server did not answer in time.") from error


class _KeptTransport(httpx2.AsyncHTTPTransport):
    """Shared by all clients, none of which may close it."""

    async def aclose(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        return


def _loop() -> asyncio.AbstractEventLoop:
    """One for all threads, also when several ask first at once: a client answers in the loop that opened it only."""
    with _starting:
        return _started()


_starting = threading.Lock()


@cache
def _started() -> asyncio.AbstractEventLoop:
    loop = uvloop.new_event_loop()
    threading.Thread(target=loop.run_forever, name="mcp", daemon=True).start()
    return loop


@cache
def _transport() -> httpx2.AsyncHTTPTransport:
    return _KeptTransport(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32))


class _KeptClient:
    """The SDK's client of one address, kept for further calls: to make one costs more than a call.

    It makes one call at a time: the SDK ends a client of which one request broke, and all its others with it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = ""
        self._status = 0
        self._client: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._open = asyncio.create_task(self._keep_open())

    async def call(self, token: str, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
        """Raises CallFailed."""
        self._token, self._status = token, 0
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments, _meta=meta))
        try:
            client = await self._client
            return await client.session.send_request(request, CallToolResult, request_read_timeout_seconds=SECONDS)
        except Exception as error:
            raise _as_failure(error, self._status) from error

    def close(self) -> None:
        self._open.cancel()

    async def _keep_open(self) -> None:
        """In a task of its own, as the SDK wants a client to be closed by the task that opened it."""
        http = httpx2.AsyncClient(transport=_transport(), timeout=httpx2.Timeout(10, read=SECONDS + 10),
                                  event_hooks={"request": [self._sign], "response": [self._note]})
        try:
            async with Client(streamable_http_client(self.url, http_client=http), mode=PROTOCOL, cache=None) as client:
                self._client.set_result(client)
                await asyncio.get_running_loop().create_future()
        except Exception as error:
            if not self._client.done():
                self._client.set_exception(error)

    async def _sign(self, request: httpx2.Request) -> None:
        request.headers["Authorization"] = f"Bearer {self._token}"

    async def _note(self, response: httpx2.Response) -> None:
        self._status = response.status_code


_idle: list[_KeptClient] = []  # the loop's alone; the longest idle first


async def _call(url: str, token: str, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
    client = _taken(url)
    try:
        result = await client.call(token, tool, arguments, meta)
    except BaseException:
        client.close()
        raise
    _idle.append(client)
    while len(_idle) > MOST_IDLE:
        _idle.pop(0).close()
    return result


def _taken(url: str) -> _KeptClient:
    for client in reversed(_idle):
        if client.url == url:
            _idle.remove(client)
            return client
    return _KeptClient(url)


def _as_failure(error: BaseException, status: int) -> CallFailed:
    """The SDK raises some failures alone and some in exception groups."""
    if isinstance(error, BaseExceptionGroup):
        return _as_failure(error.exceptions[0], status)
    if isinstance(error, MCPError):
        return CallFailed(error.message, status=status, data=error.data)
    reached = status if status >= 400 else 0
    return CallFailed(f"The tool server did not answer ({type(error).__name__}).", status=reached)
