"""The first thing a tenant's process runs after its fork. It has no Django here, nor anything else of the host."""

from __future__ import annotations

import os
import resource
from multiprocessing.connection import Connection

MAX_MEMORY_BYTES = 4 * 1024**3  # address space, of which little is ever touched
MAX_OPEN_FILES = 4096  # a model call has two: the host's and its own to the provider


def begin(pipe: Connection, socket_path: str) -> None:
    """Away from the host's terminal and signals, within limits; then serve until the pipe closes."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    from toolserver.process.main import serve

    serve(pipe, socket_path)
