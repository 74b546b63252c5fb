"""A toolserver host for the engine's tests: the same HTTP contract on loopback, with models and tools that obey a test.

Models stream as OpenAI's API does; tools are an MCP server of the official SDK. Repeated keys get the recorded outcome.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import mcp_types
import uvicorn
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass
class Refusal(Exception):
    """A model endpoint's error: an HTTP status before the stream, or an error inside it (`status=200`)."""

    status: int = 503
    code: str = "provider_down"
    retryable: bool = True
    error_class: str = "transient"

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": f"It says {self.code}.", "retryable": self.retryable,
                          "class": self.error_class}}


@dataclass
class ToolRefusal(Exception):
    """What the host's gate refuses before any tool hears of it."""

    code: str
    retryable: bool = False


@dataclass
class Outcome:
    outcome: str = "done"
    result: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    retryable: bool = False
    detail: str = "It did not work."


@dataclass
class Call:
    tool: str
    arguments: dict[str, Any]
    grant: str | None
    key: str
    token: str


class LoopbackHost:
    """`models[alias](prompt)` returns text or raises Refusal; `tools[name](call)` returns an Outcome or raises."""

    def __init__(self) -> None:
        self.models: dict[str, Callable[[str], str]] = {}
        self.tools: dict[str, Callable[[Call], Outcome]] = {}
        self.prompts: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.askers: dict[str, int] = {}  # by prompt, the port that it came from
        self.calls: list[Call] = []
        self.effects: list[Call] = []
        self.accepts: Callable[[str], bool] = lambda token: True
        self.pause = 0.0
        self.held: set[str] = set()
        self.cost = 0.001
        self._recorded: dict[str, mcp_types.CallToolResult] = {}

    def __enter__(self) -> LoopbackHost:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        config = uvicorn.Config(self._app(), log_config=None, lifespan="on", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [sock]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _app(self) -> Callable:
        tools = _Tools(self).streamable_http_app(json_response=True, stateless_http=True)
        models = Starlette(routes=[Route("/t/{tenant}/v1/chat/completions", self._complete, methods=["POST"])])

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await tools(scope, receive, send)
                return
            token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
            if not self.accepts(token):
                await JSONResponse({"error": {"code": "not_signed_in"}}, status_code=401)(scope, receive, send)
            elif scope["path"].endswith("/mcp"):
                await tools({**scope, "path": "/mcp", "raw_path": b"/mcp"}, receive, send)
            else:
                await models(scope, receive, send)

        return app

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        self.prompts.append((body["model"], prompt))
        self.asked.append(tenant := request.path_params["tenant"])
        while tenant in self.held:
            await asyncio.sleep(0.02)
        self.askers[prompt] = request.client.port
        try:
            text = await run_in_threadpool(self.models[body["model"]], prompt)
        except Refusal as refusal:
            if refusal.status >= 400:
                return JSONResponse(refusal.body(), status_code=refusal.status)
            return StreamingResponse(iter([f"data: {json.dumps(refusal.body())}\n\n"]), media_type="text/event-stream")
        return StreamingResponse(self._stream(text), media_type="text/event-stream")

    def _stream(self, text: str) -> Iterator[str]:
        for start in range(0, len(text), 20):
            time.sleep(self.pause)
            yield f"data: {json.dumps({'choices': [{'delta': {'content': text[start:start + 20]}}]})}\n\n"
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "cost": self.cost}
        yield f"data: {json.dumps({'choices': [], 'usage': usage, 'provider': 'loopback'})}\n\n"
        yield "data: [DONE]\n\n"

    def act(self, call: Call) -> mcp_types.CallToolResult:
        self.calls.append(call)
        if call.key in self._recorded:
            return self._recorded[call.key]
        try:
            outcome = self.tools[call.tool](call)
        except ToolRefusal as refusal:
            raise MCPError(mcp_types.INVALID_REQUEST, f"Refused: {refusal.code}.",
                           {"code": refusal.code, "retryable": refusal.retryable}) from refusal
        result = _told(outcome, entry=f"entry-{len(self.calls)}")
        if outcome.outcome == "done":
            self.effects.append(call)
        if outcome.outcome == "done" or (outcome.outcome == "unknown" and not outcome.retryable):
            self._recorded[call.key] = result
        return result


def _told(outcome: Outcome, *, entry: str) -> mcp_types.CallToolResult:
    meta = {"countersign/outcome": outcome.outcome, "countersign/ledger_entry": entry,
            "countersign/code": outcome.code, "countersign/retryable": outcome.retryable}
    if outcome.outcome == "done":
        return mcp_types.CallToolResult(content=[], structured_content=outcome.result, _meta=meta)
    said = {"code": outcome.code, "detail": outcome.detail}
    return mcp_types.CallToolResult(content=[mcp_types.TextContent(type="text", text=outcome.detail)], is_error=True,
                                    structured_content=said, _meta=meta)


class _Tools(MCPServer):
    def __init__(self, host: LoopbackHost) -> None:
        super().__init__("loopback", log_level="WARNING")
        self._host = host

    async def list_tools(self) -> list[mcp_types.Tool]:
        return [mcp_types.Tool(name=name, input_schema={"type": "object"}) for name in self._host.tools]

    async def call_tool(self, name, arguments, context=None):
        meta = dict((context.request_context.meta if context else None) or {})
        headers = context.request_context.request.headers
        return await run_in_threadpool(self._host.act, Call(
            tool=name, arguments=arguments, grant=meta.get("countersign/grant"),
            key=meta["countersign/idempotency_key"], token=headers["authorization"].removeprefix("Bearer ")))
