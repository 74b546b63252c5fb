"""A tenant's process, from its fork to its end: told over a pipe, answering on a Unix socket, gone with its host."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

import uvicorn
from pydantic import ValidationError

from countersign.logs import bind, configure_logs, get_logger
from toolserver.process.app import make_app
from toolserver.process.config import TenantConfig
from toolserver.process.door import HostOnly
from toolserver.process.hardening import keep_memory_private
from toolserver.process.tool_server import listed_tools

log = get_logger(__name__)


def serve(pipe: Connection, socket_path: str) -> None:
    """Run until the pipe closes. The first message on it is the config; `{"ready": True, "tools": […]}` answers it.

    Later messages replace the config (`{"configured": version, "tools": […]}`); one that cannot be used is answered by
    `{"error": …}` and changes nothing. The tools are told as MCP lists them, which saves the host the question.
    """
    keep_memory_private()
    check_preloaded()
    try:
        config = TenantConfig.model_validate(hear(pipe))
    except EOFError:
        return
    except ValidationError as error:
        say(pipe, {"error": _said(error)})
        return
    configure_logs(process="tenant")
    bind(tenant=str(config.tenant))
    settings, current = prepared()
    current.append(config)
    server = _Server(settings, on_ready=lambda: say(pipe, {"ready": True, "tools": listed_tools()}))
    threading.Thread(target=_follow, args=(pipe, current), name="host-pipe", daemon=True).start()
    server.run(sockets=[_listen(socket_path)])


@cache
def prepared() -> tuple[uvicorn.Config, list[TenantConfig]]:
    """The application, ready to be served but for the configuration, which belongs into the empty list beside it. The
    fork server makes it once for all its children."""
    current: list[TenantConfig] = []
    app = HostOnly(make_app(lambda: current[0]), lambda: current[0].host_token)
    settings = uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, lifespan="on", ws="none",
                              timeout_graceful_shutdown=5, timeout_keep_alive=75)
    settings.load()
    return settings, current


def hear(pipe: Connection) -> dict[str, Any]:
    """Messages on the pipe are JSON, never pickles: what one side says must not be code on the other."""
    return json.loads(pipe.recv_bytes())


def say(pipe: Connection, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())


def check_preloaded() -> None:
    """Raises RuntimeError unless the fork server had loaded everything, and nothing that has no place here.

    Python 3.11's fork server swallows an ImportError in its preload: each child would then pay 2 s, unnoticed.
    """
    preload = sys.modules.get("toolserver.process.preload")
    if preload is None or os.getpid() == preload.WARMED_IN:
        raise RuntimeError("The fork server did not preload toolserver.process.preload: is PYTHONPATH set for it?")
    if "django" in sys.modules:
        raise RuntimeError("Django is loaded in a tenant's process, where it has no place.")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)  # the umask makes it the host's alone
    return listener


def _follow(pipe: Connection, current: list[TenantConfig]) -> None:
    """Take new configs as they come; end the process, at once, when the host is gone."""
    while True:
        try:
            message = hear(pipe)
        except (EOFError, OSError):
            os._exit(0)
        try:
            config = TenantConfig.model_validate(message)
        except ValidationError as error:
            say(pipe, {"error": _said(error)})
            continue
        if config.tenant != current[0].tenant:
            say(pipe, {"error": "This process belongs to another tenant."})
            continue
        current[0] = config
        say(pipe, {"configured": config.version, "tools": listed_tools()})


def _said(error: ValidationError) -> str:
    """Which fields are wrong, without their values: some are secret."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
                     for fault in error.errors(include_input=False, include_context=False))
