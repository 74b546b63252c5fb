"""Loaded once by the fork server: imports and warms what costs, so that a tenant's first call costs milliseconds.

A child gets all of it by copy-on-write; `gc.freeze` keeps the collector from touching, and so copying, those pages.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import json
import os
import re
from uuid import UUID

import httpx
import litellm
import uvicorn.lifespan.on
import uvicorn.loops.uvloop
import uvicorn.protocols.http.auto  # noqa: F401
import uvloop  # noqa: F401
from litellm.litellm_core_utils.default_encoding import encoding
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

from toolserver.process.app import make_app
from toolserver.process.config import AliasConfig, TenantConfig
from toolserver.process.main import prepared
from toolserver.process.models import gateway
from toolserver.process.models.errors import ModelError
from toolserver.process.models.requests import ChatRequest
from toolserver.process.offline.provider import register
from toolserver.process.tool_server import listed_tools

WARMED_IN = os.getpid()
NOBODY = "http://127.0.0.1:9"  # the discard port, where nobody listens
WORDS = "<document name='warm.md'>\n- Warming up takes a moment and is done once\n</document>"
NO_TEAM = TenantConfig(version=0, tenant=UUID(int=0), host_token="nobody" * 4, artifacts_root="/nonexistent",
                       private_key=base64.b64encode(bytes(32)), verify_keys=[])


async def _warm() -> None:
    """Calls along the paths that tenants use: what is imported and built on first use, every child then has."""
    await _warm_app()
    for model in ("openai/warm", "ollama_chat/warm"):
        with contextlib.suppress(litellm.exceptions.APIError, litellm.exceptions.APIConnectionError,
                                 litellm.exceptions.InternalServerError):
            await litellm.acompletion(model=model, messages=[{"role": "user", "content": WORDS}], api_key="none",
                                      api_base=NOBODY, max_retries=0, num_retries=0, timeout=1)
    async with await asyncio.start_server(_stream_an_answer, "127.0.0.1", 0) as provider:
        port = provider.sockets[0].getsockname()[1]
        for model in ("offline/drafter", "openai/gpt-4.1"):
            provider_config = {"model": model, "api_base": f"http://127.0.0.1:{port}/v1", "params": {"timeout": 5}}
            alias = AliasConfig(alias="warm", providers=[provider_config])
            asked = ChatRequest(model="warm", messages=[{"role": "user", "content": WORDS}], stream=True)
            with contextlib.suppress(ModelError):  # a proxy may stand between us and ourselves
                async for _ in gateway.stream(NO_TEAM.model_copy(update={"models": [alias]}), asked):
                    pass
    await asyncio.sleep(0.05)  # litellm logs its calls in the background; none of that is to be left over
    await GLOBAL_LOGGING_WORKER.flush()
    await GLOBAL_LOGGING_WORKER.stop()


async def _stream_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A provider, as far as OpenAI's client can tell."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", head)[1]))
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    for part in ({"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Warm"}, "finish_reason": None}]},
                 {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
                 {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}):
        chunk = {"id": "warm", "object": "chat.completion.chunk", "created": 0, "model": "warm", **part}
        writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    writer.write(b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


async def _warm_app() -> None:
    """The whole application answers once, for a tenant that there is not."""
    app = make_app(lambda: NO_TEAM)
    caller = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warm",
                               headers={"accept": "application/json"})
    async with app.router.lifespan_context(app), caller as client:
        await client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        await client.get("/v1/models")
    listed_tools()


litellm.suppress_debug_info = True
litellm.telemetry = False
register()
encoding._mergeable_ranks = {}  # tiktoken's second copy of its table, for pickling alone: 11 MB
asyncio.run(_warm())
prepared()
gc.set_threshold(10_000, 20, 50)  # a call makes thousands of objects, of which few are for the collector to find
gc.collect()
gc.freeze()
