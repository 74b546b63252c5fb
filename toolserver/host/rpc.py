"""The `/mcp` door: which messages pass to the tenant's process as they are, and which go through the gate."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from countersign.errors import CountersignError, Forbidden
from toolserver.host.callers import Caller
from toolserver.host.calls import PlannedCall
from toolserver.host.errors import BadMessage, KeyMissing, MethodUnknown, ToolUnknown
from toolserver.host.gate import Gate
from toolserver.host.messages import Message
from toolserver.host.tenant_process import MCP_HEADERS, TenantProcess

PASSED = {"initialize", "ping", "server/discover", "tools/list"}
REFUSED_BY_THE_GATE = -32001  # the first of JSON-RPC's range for servers that MCP does not use
OURS = "countersign/"


async def answer_message(request: Request, message: Message, caller: Caller, process: TenantProcess,
                         gate: Gate) -> Response:
    """Raises typed refusals, which `refusal` renders."""
    if message.method.startswith("notifications/"):
        return Response(status_code=202)  # nothing here listens to any
    if message.method == "tools/call":
        return await _call(request, message, caller, process, gate)
    if message.method in PASSED:
        return await _pass(request, message, process)
    raise MethodUnknown


def refusal(message: Message | None, error: CountersignError) -> JSONResponse:
    """The JSON-RPC error. What could not be read at all is HTTP's 400 (or 413), as MCP has it."""
    code = getattr(error, "rpc_code", REFUSED_BY_THE_GATE)
    data = {**error.data, "code": error.code, "retryable": error.retryable}
    body = {"jsonrpc": "2.0", "id": message.id if message else None,
            "error": {"code": code, "message": error.detail, "data": data}}
    return JSONResponse(body, status_code=200 if message else error.status)


async def _call(request: Request, message: Message, caller: Caller, process: TenantProcess, gate: Gate) -> Response:
    if caller.run_id is None:
        raise Forbidden("Only a worker that holds a run may call tools.", code="scope_missing")
    name, arguments, meta = _parts(message.params)
    tool = process.tools.get(name)
    if tool is None:
        raise ToolUnknown
    theirs = {key: value for key, value in meta.items() if not key.startswith(OURS)}
    if tool.read_only:
        theirs[f"{OURS}run"] = str(caller.run_id)
        return await _pass(request, Message(message.method, {"name": name, "arguments": arguments, "_meta": theirs},
                                            message.id), process)
    grant, key = meta.get(f"{OURS}grant"), meta.get(f"{OURS}idempotency_key")
    if not isinstance(key, str) or not 0 < len(key) <= 200:
        raise KeyMissing
    call = PlannedCall(tenant_id=caller.tenant_id, run_id=caller.run_id, tool=tool, arguments=arguments,
                       grant=grant if isinstance(grant, str) else None, key=key)
    return JSONResponse({"jsonrpc": "2.0", "id": message.id, "result": await gate.call(process, call)})


def _parts(params: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    name, arguments, meta = params.get("name"), params.get("arguments", {}), params.get("_meta", {})
    if not isinstance(name, str) or not isinstance(arguments, dict) or not isinstance(meta, dict):
        raise BadMessage("tools/call takes a name, an object of arguments and an object of _meta.")
    return name, arguments, meta


async def _pass(request: Request, message: Message, process: TenantProcess) -> Response:
    theirs = {name: value for name, value in request.headers.items() if name.startswith("mcp-")}
    headers = {name: value for name, value in MCP_HEADERS.items() if not name.startswith("mcp-")} | theirs
    answer = await process.ask("POST", "/mcp", message.dump(), headers)
    return Response(answer.content, answer.status, media_type=answer.media_type)
