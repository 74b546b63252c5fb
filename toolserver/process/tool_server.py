"""The tenant's MCP server: lists the adapters, checks the grant again, runs one in a thread, says what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import anyio
import mcp_types
from mcp.server import MCPServer
from mcp.server.mcpserver.context import Context
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from countersign.errors import CountersignError
from countersign.grants import GrantRefused
from countersign.ids import parse_id
from countersign.logs import bound, get_logger
from toolserver.process.config import TenantConfig
from toolserver.process.second_check import check_grant
from toolserver.tools.contract import Adapter, CallContext, InDoubt, NotDone
from toolserver.tools.registry import ADAPTERS, input_schema, schema_hash

log = get_logger(__name__)


class ToolServer(MCPServer):
    """`config` is asked for at every call, so that a new credential counts from the next call on."""

    def __init__(self, config: Callable[[], TenantConfig], adapters: dict[str, Adapter] = ADAPTERS) -> None:
        super().__init__("countersign-tenant", log_level="WARNING", subscriptions=False)
        self._config = config
        self._adapters = adapters

    async def list_tools(self) -> list[mcp_types.Tool]:
        return [describe(adapter) for adapter in self._adapters.values()]

    def _tool_input_schema(self, name: str) -> dict[str, Any] | None:
        return input_schema(self._adapters[name]) if name in self._adapters else None

    async def call_tool(self, name: str, arguments: dict[str, Any],
                        context: Context | None = None) -> mcp_types.CallToolResult:
        adapter = self._adapters.get(name)
        if adapter is None:
            raise MCPError(mcp_types.INVALID_PARAMS, f"There is no tool {name[:80]!r}.",
                           {"code": "tool_unknown", "retryable": False})
        meta = dict((context.request_context.meta if context else None) or {})
        with bound(run=str(meta.get("countersign/run", "")), tool=name):
            return await self._call(adapter, arguments, meta)

    async def _call(self, adapter: Adapter, arguments: dict[str, Any],
                    meta: dict[str, Any]) -> mcp_types.CallToolResult:
        config = self._config()
        try:
            run = _run_of(config, adapter, arguments, meta)
            call = call_context(config, run, str(meta.get("countersign/idempotency_key") or ""))
            checked = validated(adapter, arguments)
        except (GrantRefused, NotDone) as refusal:
            log.warning("tool call refused", code=refusal.code)
            return failure(refusal, "not_done")
        # A caller that goes away must not leave an effect half-watched: the call runs to its end.
        with anyio.CancelScope(shield=True):
            result = await anyio.to_thread.run_sync(_execute, adapter, checked, call)
        result.meta["countersign/credentials"] = call.opened  # from which the host notes their last use
        return result


@cache
def listed_tools() -> list[dict[str, Any]]:
    """The adapters that there are, as `tools/list` answers them."""
    described = map(describe, ADAPTERS.values())
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in described]


def describe(adapter: Adapter) -> mcp_types.Tool:
    return mcp_types.Tool(
        name=adapter.name, title=adapter.title, description=adapter.description, input_schema=input_schema(adapter),
        annotations=mcp_types.ToolAnnotations.model_validate(adapter.annotations),
        _meta={"countersign/schema_hash": schema_hash(adapter), "countersign/credential_kind": adapter.credential_kind},
    )


def _run_of(config: TenantConfig, adapter: Adapter, arguments: dict[str, Any], meta: dict[str, Any]) -> UUID:
    """Raises GrantRefused for a tool that acts, NotDone for one that only reads and is told no run."""
    if not adapter.annotations.get("readOnlyHint"):
        return check_grant(config, adapter, arguments, meta)[1]
    run = parse_id(meta.get("countersign/run"))
    if run is None:
        raise NotDone("The call names no run.", code="run_missing")
    return run


def validated(adapter: Adapter, arguments: dict[str, Any]) -> BaseModel:
    """Raises NotDone."""
    try:
        return adapter.arguments.model_validate(arguments)
    except ValidationError as error:
        faults = [{"field": ".".join(map(str, fault["loc"])), "detail": fault["msg"]} for fault in error.errors()]
        said = "; ".join(f"{fault['field']}: {fault['detail']}" for fault in faults)
        raise NotDone(f"The arguments don't fit the tool: {said}", code="invalid_arguments", faults=faults) from error


def call_context(config: TenantConfig, run: UUID, key: str) -> CallContext:
    opened: list[str] = []

    def credential(kind: str) -> dict[str, Any]:
        found = config.find_credential(kind=kind)
        if found is None:
            raise NotDone(f"The team has no credential of the kind {kind!r} yet. An admin can add one.",
                          code="credential_missing", retryable=True)
        try:
            secret = config.open(found)
        except CountersignError as error:
            raise NotDone(error.detail, code=error.code, retryable=True) from error
        opened.append(str(found.id))
        return secret

    return CallContext(tenant=config.tenant, run=run, idempotency_key=key, artifacts_root=config.artifacts_root,
                       credential=credential, opened=opened)


def _execute(adapter: Adapter, arguments: BaseModel, context: CallContext) -> mcp_types.CallToolResult:
    try:
        result = adapter.execute(arguments, context)
    except NotDone as error:
        log.warning("tool did not act", code=error.code, detail=error.detail, retryable=error.retryable)
        return failure(error, "not_done")
    except InDoubt as error:
        log.error("tool call in doubt", code=error.code, detail=error.detail)
        return failure(error, "unknown")
    except Exception:
        log.exception("tool crashed", acting=context.acting)
        crash = CountersignError("The tool failed in a way nobody foresaw; the log says how.", code="tool_crashed")
        return failure(crash, "unknown" if context.acting else "not_done")
    return mcp_types.CallToolResult(
        content=[mcp_types.TextContent(type="text", text=json.dumps(result, ensure_ascii=False))],
        structured_content=result, _meta={"countersign/outcome": "done"},
    )


def failure(error: CountersignError, outcome: str) -> mcp_types.CallToolResult:
    meta = {"countersign/outcome": outcome, "countersign/code": error.code, "countersign/retryable": error.retryable}
    return mcp_types.CallToolResult(content=[mcp_types.TextContent(type="text", text=error.detail)], is_error=True,
                                    structured_content={"code": error.code, "detail": error.detail, **error.data},
                                    _meta=meta)
