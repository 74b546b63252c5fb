"""Loaded once by the fork server: imports and warms what costs, so that a tenant's first call costs milliseconds.

A child gets all of it by copy-on-write; `gc.freeze` keeps the collector from touching, and so copying, those pages.
"""

from __future__ import annotations

import asyncio
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


async def _warm() -> None:
    """One call along the whole path: what litellm builds on first use, every child then has."""
    words = "<document name='warm.md'>\n- Warming up takes a moment and is done once\n</document>"
    await litellm.acompletion(model="offline/drafter", messages=[{"role": "user", "content": words}])
    await GLOBAL_LOGGING_WORKER.flush()  # its queue belongs to this loop, which no child has
    await GLOBAL_LOGGING_WORKER.stop()


litellm.suppress_debug_info = True
litellm.telemetry = False
register()
asyncio.run(_warm())
gc.collect()
gc.freeze()
