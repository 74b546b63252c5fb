"""How an adapter's end is told: done, not done, or unknown; and that a call under way is seen through."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from pydantic import BaseModel

from countersign.ids import new_id
from toolserver.process.config import TenantConfig
from toolserver.process.tool_server import ToolServer
from toolserver.tools.contract import CallContext, InDoubt, NotDone


class Note(BaseModel):
    text: str = "hello"


class Adapter:
    """A tool that only reads, so that it needs no grant, and behaves as `act` does."""

    name, title, description, arguments, credential_kind = "notes.read", "Read", "Reads.", Note, None
    annotations = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}

    def __init__(self, act) -> None:
        self.execute = act


@pytest.fixture
def call(tenant):
    async def run(act) -> CallToolResult:
        config = TenantConfig.model_validate(tenant.config())
        server = ToolServer(lambda: config, {"notes.read": Adapter(act)})
        async with Client(server) as client:
            return await client.call_tool("notes.read", {"text": "x"}, meta={"countersign/run": str(new_id())})

    return run


def told(result: CallToolResult) -> tuple[Any, ...]:
    return tuple(result.meta.get(f"countersign/{name}") for name in ("outcome", "code", "retryable"))


async def test_a_result_is_done(call) -> None:
    result = await call(lambda arguments, context: {"said": arguments.text})
    assert told(result) == ("done", None, None)
    assert result.structured_content == {"said": "x"}


async def test_not_done_says_why_and_whether_to_try_again(call) -> None:
    def act(arguments: Note, context: CallContext) -> dict:
        raise NotDone("The shop is closed.", code="closed", retryable=True, opens="at nine")

    result = await call(act)
    assert told(result) == ("not_done", "closed", True)
    assert result.structured_content == {"code": "closed", "detail": "The shop is closed.", "opens": "at nine"}
    assert result.is_error


async def test_doubt_is_unknown_and_never_retryable(call) -> None:
    def act(arguments: Note, context: CallContext) -> dict:
        raise InDoubt("The line went dead.")

    assert told(await call(act)) == ("unknown", "in_doubt", False)


async def test_a_crash_before_anything_was_done_is_not_done(call) -> None:
    def act(arguments: Note, context: CallContext) -> dict:
        raise RuntimeError("secret inside: hunter2")

    result = await call(act)
    assert told(result) == ("not_done", "tool_crashed", False)
    assert "hunter2" not in str(result)


async def test_a_crash_after_it_began_to_act_is_unknown(call) -> None:
    def act(arguments: Note, context: CallContext) -> dict:
        context.begin()
        raise RuntimeError("secret inside: hunter2")

    result = await call(act)
    assert told(result) == ("unknown", "tool_crashed", False)
    assert "hunter2" not in str(result)


async def test_a_caller_that_goes_away_does_not_cut_an_effect_in_half(tenant) -> None:
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def act(arguments: Note, context: CallContext) -> dict:
        began.set()
        assert go_on.wait(10)
        ended.set()
        return {}

    config = TenantConfig.model_validate(tenant.config())
    server = ToolServer(lambda: config, {"notes.read": Adapter(act)})
    with anyio.fail_after(15):
        async with anyio.create_task_group() as tasks:
            async def ask() -> None:
                await server._call(server._adapters["notes.read"], {}, {"countersign/run": str(new_id())})

            tasks.start_soon(ask)
            await anyio.to_thread.run_sync(began.wait, 10)
            tasks.cancel_scope.cancel()
            go_on.set()
    assert ended.is_set()


async def test_the_loop_stays_free_while_a_tool_works(call) -> None:
    ticks = 0

    def act(arguments: Note, context: CallContext) -> dict:
        threading.Event().wait(0.3)
        return {}

    async def tick() -> None:
        nonlocal ticks
        while True:
            await anyio.sleep(0.01)
            ticks += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await call(act)
        tasks.cancel_scope.cancel()
    assert ticks > 5


async def test_the_official_client_speaks_with_a_real_process(start, tenant) -> None:
    running = start(tenant)
    socket = httpx2.AsyncHTTPTransport(uds=running.socket_path)
    headers = {"authorization": running.client.headers["authorization"]}
    async with httpx2.AsyncClient(transport=socket, headers=headers) as http, \
            Client(streamable_http_client("http://tenant/mcp", http_client=http)) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["files.write"].annotations.idempotent_hint is True
        refused = await client.call_tool("files.write", {"name": "a.md", "content": "x"},
                                         meta={"countersign/run": str(new_id())})
        assert told(refused) == ("not_done", "grant_required", False)
