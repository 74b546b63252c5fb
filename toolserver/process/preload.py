"""Loaded once by the fork server: imports and warms what costs, so that a tenant's first call costs milliseconds.

A child gets all of it by copy-on-write; `gc.freeze` keeps the collector from touching, and so copying, those pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os

import litellm
import uvicorn.lifespan.on
import uvicorn.loops.auto
import uvicorn.protocols.http.auto  # noqa: F401
import uvloop  # noqa: F401
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

import toolserver.process.main  # noqa: F401
from toolserver.process.offline.provider import register

WARMED_IN = os.getpid()
NOBODY = "http://127.0.0.1:9"  # the discard port, where nobody listens


async def _warm() -> None:
    """Calls along the paths that tenants use: what litellm imports and builds on first use, every child then has."""
    words = "<document name='warm.md'>\n- Warming up takes a moment and is done once\n</document>"
    for model in ("offline/drafter", "openai/warm", "ollama_chat/warm"):
        with contextlib.suppress(litellm.exceptions.APIError, litellm.exceptions.APIConnectionError,
                                 litellm.exceptions.InternalServerError):
            await litellm.acompletion(model=model, messages=[{"role": "user", "content": words}], api_key="none",
                                      api_base=NOBODY, max_retries=0, num_retries=0, timeout=1)
    await asyncio.sleep(0.05)  # litellm logs its calls in the background; none of that is to be left over
    await GLOBAL_LOGGING_WORKER.flush()
    await GLOBAL_LOGGING_WORKER.stop()


litellm.suppress_debug_info = True
litellm.telemetry = False
register()
asyncio.run(_warm())
gc.collect()
gc.freeze()
