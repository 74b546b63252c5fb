"""Loaded once by the fork server: imports and warms what costs, so that a tenant's first call costs milliseconds.

A child gets all of it by copy-on-write; `gc.freeze` keeps the collector from touching, and so copying, those pages.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import os
from uuid import UUID

import httpx
import litellm
import uvicorn.lifespan.on
import uvicorn.loops.auto
import uvicorn.protocols.http.auto  # noqa: F401
import uvloop  # noqa: F401
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

import toolserver.process.main  # noqa: F401
from toolserver.process.app import make_app
from toolserver.process.config import TenantConfig
from toolserver.process.offline.provider import register
from toolserver.process.tool_server import listed_tools

WARMED_IN = os.getpid()
NOBODY = "http://127.0.0.1:9"  # the discard port, where nobody listens


async def _warm() -> None:
    """Calls along the paths that tenants use: what is imported and built on first use, every child then has."""
    await _warm_app()
    words = "<document name='warm.md'>\n- Warming up takes a moment and is done once\n</document>"
    for model in ("offline/drafter", "openai/warm", "ollama_chat/warm"):
        with contextlib.suppress(litellm.exceptions.APIError, litellm.exceptions.APIConnectionError,
                                 litellm.exceptions.InternalServerError):
            await litellm.acompletion(model=model, messages=[{"role": "user", "content": words}], api_key="none",
                                      api_base=NOBODY, max_retries=0, num_retries=0, timeout=1)
    await asyncio.sleep(0.05)  # litellm logs its calls in the background; none of that is to be left over
    await GLOBAL_LOGGING_WORKER.flush()
    await GLOBAL_LOGGING_WORKER.stop()


async def _warm_app() -> None:
    """The whole application answers once, for a tenant that there is not."""
    nobody = TenantConfig(version=0, tenant=UUID(int=0), host_token="nobody" * 4, artifacts_root="/nonexistent",
                          private_key=base64.b64encode(bytes(32)), verify_keys=[])
    app = make_app(lambda: nobody)
    caller = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warm",
                               headers={"accept": "application/json"})
    async with app.router.lifespan_context(app), caller as client:
        await client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        await client.get("/v1/models")
    listed_tools()


litellm.suppress_debug_info = True
litellm.telemetry = False
register()
asyncio.run(_warm())
gc.collect()
gc.freeze()
