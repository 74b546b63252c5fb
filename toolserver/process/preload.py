"""Loaded once by the fork server: imports and warms what costs, so that a tenant's first call costs milliseconds.

A child gets all of it by copy-on-write; `gc.freeze` keeps the collector from touching, and so copying, those pages.
"""

from __future__ import annotations

import gc
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else litellm fetches its price list at import
os.environ.setdefault("LITELLM_LOG", "ERROR")

import litellm  # noqa: F401
import uvicorn.lifespan.on
import uvicorn.loops.auto
import uvicorn.protocols.http.auto  # noqa: F401
import uvloop  # noqa: F401

import toolserver.process.main  # noqa: F401

WARMED_IN = os.getpid()

gc.collect()
gc.freeze()
