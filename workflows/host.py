"""The toolserver host as publishing sees it: what models and tools a tenant has. Call it outside transactions."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from pydantic import ValidationError

from countersign.errors import Unavailable
from countersign.web_token import sign_web_token
from workflows.spec.catalogue import Catalogue, ModelEntry, ToolEntry

MOST_PAGES = 50


class CatalogueUnavailable(Unavailable):
    code = "toolserver_unavailable"
    detail = "The tool server does not answer just now, so models and tools cannot be checked. Nothing was changed."


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(30, connect=5), trust_env=False)


def fetch_catalogue(*, tenant_id: UUID, user_id: UUID) -> Catalogue:
    """The tenant's models and tools, asked for on a person's behalf. Raises CatalogueUnavailable."""
    headers = {"Authorization": f"Bearer {sign_web_token(tenant_id, user_id, ['catalogue'])}",
               "Accept": "application/json, text/event-stream"}
    address = f"{settings.TOOLSERVER_URL}/t/{tenant_id}"
    try:
        models = _said(_http().get(f"{address}/v1/models", headers=headers))["data"]
        return Catalogue(models={model["id"]: _model(model) for model in models},
                         tools={tool["name"]: _tool(tool) for tool in _tools(f"{address}/mcp", headers)})
    except (httpx.HTTPError, ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CatalogueUnavailable from error


def _tools(url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """All pages of MCP's `tools/list`."""
    tools: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    for number in range(1, MOST_PAGES + 1):
        message = {"jsonrpc": "2.0", "id": number, "method": "tools/list", "params": params}
        result = _said(_http().post(url, headers=headers, json=message))["result"]
        tools += result["tools"]
        if not result.get("nextCursor"):
            return tools
        params = {"cursor": result["nextCursor"]}
    raise ValueError("tools/list never ends")


def _said(response: httpx.Response) -> dict[str, Any]:
    return response.raise_for_status().json()


def _model(model: dict[str, Any]) -> ModelEntry:
    return ModelEntry(label=model.get("label") or "", offline=bool(model.get("offline")))


def _tool(tool: dict[str, Any]) -> ToolEntry:
    return ToolEntry(description=tool.get("description") or "", input_schema=tool.get("inputSchema") or {},
                     annotations=tool.get("annotations") or {}, schema_hash=tool["_meta"]["countersign/schema_hash"])
