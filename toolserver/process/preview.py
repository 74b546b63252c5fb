"""`POST /preview`: what a planned call would do, for whoever is to approve it. Nothing is sent, nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import anyio
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from toolserver.process.config import TenantConfig
from toolserver.process.models.endpoints import error_response
from toolserver.process.models.errors import RequestUnreadable
from toolserver.process.references import has_references
from toolserver.process.tool_server import call_context, validated
from toolserver.tools.contract import NotDone, Previewing
from toolserver.tools.registry import ADAPTERS, schema_hash


class PreviewRequest(BaseModel):
    """A call as it was planned; `idempotency_key` is the one that it would be made under."""

    model_config = ConfigDict(extra="forbid")

    tool: str
    schema_hash: str
    arguments: dict[str, Any]
    run: UUID
    idempotency_key: str


def preview_route(config: Callable[[], TenantConfig]) -> Route:
    async def preview(request: Request) -> JSONResponse:
        try:
            asked = PreviewRequest.model_validate_json(await request.body())
        except ValidationError:
            return error_response(RequestUnreadable("Send the planned call: tool, schema_hash, arguments, run and "
                                                    "idempotency_key."))
        try:
            made = await anyio.to_thread.run_sync(_preview, config(), asked)
        except NotDone as refusal:
            return JSONResponse({"ok": False, "code": refusal.code, "detail": refusal.detail})
        return JSONResponse({"ok": True, **made})

    return Route("/preview", preview, methods=["POST"])


def _preview(config: TenantConfig, asked: PreviewRequest) -> dict[str, Any]:
    """Raises NotDone, as the call itself would, and for a tool that has nothing to show."""
    adapter = ADAPTERS.get(asked.tool)
    if adapter is None:
        raise NotDone(f"There is no tool {asked.tool[:80]!r}.", code="tool_unknown")
    if asked.schema_hash != schema_hash(adapter):
        raise NotDone("The tool has changed since this was planned: the tool server would refuse the call.",
                      code="tool_changed")
    if not isinstance(adapter, Previewing):
        raise NotDone("This tool does what its arguments say.", code="nothing_to_preview")
    if has_references(asked.arguments):
        raise NotDone("It depends on what an earlier call comes to.", code="depends_on_result")
    context = call_context(config, asked.run, asked.idempotency_key)
    return adapter.preview(validated(adapter, asked.arguments), context)
