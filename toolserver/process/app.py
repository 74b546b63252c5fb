"""What a tenant's process answers on its Unix socket."""

from __future__ import annotations

from collections.abc import Callable

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from toolserver.process.config import TenantConfig
from toolserver.process.models.endpoints import model_routes
from toolserver.process.preview import preview_route
from toolserver.process.tool_server import ToolServer
from toolserver.process.trial import trial_route

MAX_CALL_BYTES = 16 * 1024 * 1024

# DNS rebinding is a browser's way to a TCP port; no browser reaches a Unix socket that only the host may open.
SECURITY = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def make_app(config: Callable[[], TenantConfig]) -> Starlette:
    tools = ToolServer(config)
    mcp = tools.streamable_http_app(json_response=True, stateless_http=True, transport_security=SECURITY,
                                    max_request_body_size=MAX_CALL_BYTES)

    async def healthz(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "config_version": config().version})

    return Starlette(routes=[*mcp.routes, *model_routes(config), trial_route(config), preview_route(config),
                               Route("/healthz", healthz)],
                     lifespan=lambda app: tools.session_manager.run())
