"""One tenant's process as the host sees it: its pipe, its socket, its tools."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from countersign.logs import get_logger
from toolserver.host import forkserver
from toolserver.host.errors import ProcessUnavailable
from toolserver.host.messages import write_json

log = get_logger(__name__)

START_SECONDS = 30
END_SECONDS = 3
MOST_SAID = 1 << 20  # bytes of one message on the pipe
CALL_SECONDS = 400  # a mail server may take five minutes to accept a message
CONNECT_SECONDS = 5
CALL_TIMEOUT = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=CALL_SECONDS)
STREAM_TIMEOUT = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS)  # how long a model may be silent is its caller's
KEPT_SECONDS = 30  # less than the process keeps a connection: it must not close one that is about to be used
JSON_HEADERS = {"content-type": "application/json"}
MCP_HEADERS = {**JSON_HEADERS, "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}


@dataclass(frozen=True)
class Tool:
    """A tool as its own process lists it just now."""

    name: str
    schema_hash: str
    read_only: bool
    idempotent: bool


@dataclass(frozen=True)
class Answer:
    """What the process answered, read to its end."""

    status: int
    media_type: str | None
    content: bytes


class TenantProcess:
    """`users` counts the calls under way, `version` is that of the configuration it was told last."""

    def __init__(self, tenant_id: UUID, socket: Path) -> None:
        self.tenant_id = tenant_id
        self.socket = socket
        self.tools: dict[str, Tool] = {}
        self.version = -1
        self.users = 0
        self.used_at = time.monotonic()
        self._process: ForkServerProcess | None = None
        self._pipe: Connection | None = None
        self._telling = asyncio.Lock()
        self._token = secrets.token_urlsafe(32)
        self.http = aiohttp.ClientSession(
            "http://tenant", connector=aiohttp.UnixConnector(str(socket), limit=0, keepalive_timeout=KEPT_SECONDS),
            timeout=STREAM_TIMEOUT, headers={"authorization": f"Bearer {self._token}"}, auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar())

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self.version >= 0 and self._process is not None and self._process.is_alive()

    async def start(self, config: Awaitable[dict[str, Any]]) -> None:
        """Fork while its configuration is read, tell it that, and hear its tools. Raises ProcessUnavailable, and what
        the reading raises: then `end` it."""
        told, forked = await asyncio.gather(config, self._fork(), return_exceptions=True)
        for failure in (forked, told):
            if isinstance(failure, BaseException):
                raise failure
        await self._tell(told)

    async def _fork(self) -> None:
        try:
            self._process, self._pipe = await asyncio.to_thread(forkserver.fork, str(self.socket))
        except OSError as error:
            raise ProcessUnavailable from error

    async def configure(self, config: dict[str, Any]) -> None:
        """Tell a running process what changed. Raises ProcessUnavailable."""
        await self._tell(config)

    async def ask(self, method: str, path: str, body: bytes | None = None,
                  headers: dict[str, str] = JSON_HEADERS) -> Answer:
        """A question whose answer has no effect. Raises ProcessUnavailable."""
        try:
            return await self.send(method, path, body, headers)
        except (aiohttp.ClientError, TimeoutError, RuntimeError) as error:  # RuntimeError: closed under it
            raise ProcessUnavailable from error

    async def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Raises what aiohttp does; a POST is sent once at most."""
        async with self.http.request(method, path, data=body, headers=headers, timeout=CALL_TIMEOUT,
                                     allow_redirects=False) as answer:
            return Answer(answer.status, answer.headers.get("content-type"), await answer.read())

    async def end(self) -> None:
        """Close the pipe, which ends it at once; kill it if it does not. Safe to repeat."""
        self.version = -1
        await self.http.close()
        if self._process is not None:
            await asyncio.to_thread(self._end, self._process, self._pipe)
            self._process = self._pipe = None
        self.socket.unlink(missing_ok=True)

    async def _tell(self, config: dict[str, Any]) -> None:
        async with self._telling:
            try:
                said = await asyncio.to_thread(self._exchange, write_json(config | {"host_token": self._token}))
            except (OSError, EOFError, ValueError) as error:
                raise ProcessUnavailable from error
        if "error" in said:
            log.error("tenant process refuses its configuration", tenant=str(self.tenant_id), detail=said["error"])
            raise ProcessUnavailable
        self.tools = {tool["name"]: _as_tool(tool) for tool in said["tools"]}
        self.version = config["version"]

    def _exchange(self, message: bytes) -> dict[str, Any]:
        # JSON, not pickle: what a tenant's process says must not be code here.
        self._pipe.send_bytes(message)
        if not self._pipe.poll(START_SECONDS):
            raise EOFError("no answer")
        return json.loads(self._pipe.recv_bytes(MOST_SAID))

    @staticmethod
    def _end(process: ForkServerProcess, pipe: Connection) -> None:
        with contextlib.suppress(OSError):
            pipe.close()
        process.join(END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join(END_SECONDS)
        process.close()


def _as_tool(listed: dict[str, Any]) -> Tool:
    hints = listed.get("annotations") or {}
    return Tool(name=listed["name"], schema_hash=listed["_meta"]["countersign/schema_hash"],
                read_only=hints.get("readOnlyHint") is True, idempotent=hints.get("idempotentHint") is True)
