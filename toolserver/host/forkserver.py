"""The warm fork server that tenant processes come from: litellm and the MCP server loaded once, shared by all."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from toolserver.host.child import begin

#: What a child comes through on its way, then all that it needs, which is frozen at its end.
PRELOAD = ["multiprocessing.popen_forkserver", "toolserver.host.child", "toolserver.process.preload"]
ROOT = Path(__file__).resolve().parents[2]
# All that a tenant's process may know of the host's environment, which holds the vault key and database passwords.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "LOG_LEVEL", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")

_context = multiprocessing.get_context("forkserver")


def warm_up() -> None:
    """Start the fork server, which takes seconds to load; one that died is started again by the next fork.

    It inherits this process's environment, so that loses its secrets for good: whoever needs one has read it by now.
    """
    from multiprocessing.forkserver import ensure_running

    path = os.pathsep.join(map(str, (ROOT, ROOT / "platform")))  # 3.11's fork server looks nowhere else for its preload
    poor = {name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONPATH": path}
    os.environ.clear()
    os.environ.update(poor)
    _context.set_forkserver_preload(PRELOAD)
    ensure_running()


def fork(socket_path: str) -> tuple[ForkServerProcess, Connection]:
    """A new tenant process and the host's end of its pipe."""
    ours, theirs = _context.Pipe()
    try:
        process = _context.Process(target=begin, args=(theirs, socket_path), daemon=True)
        process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours
