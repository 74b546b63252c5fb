"""The first thing a tenant's process runs after its fork. It has no Django here, nor anything else of the host."""

from __future__ import annotations

import os
import resource
from multiprocessing.connection import Connection

MAX_MEMORY_BYTES = 4 * 1024**3  # address space, of which little is ever touched
MAX_OPEN_FILES = 512


def begin(pipe: Connection, socket_path: str) -> None:
    """Away from the host's terminal and signals, within limits; then serve until the pipe closes."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    from toolserver.process.main import serve

    serve(pipe, socket_path)
