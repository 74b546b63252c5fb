"""Passing one granted call on to its tenant's process, and reading what came of it. Doubt is never guessed away."""

from __future__ import annotations

import json
import re
from typing import Any

import aiohttp

from countersign.ids import parse_id
from toolserver.host.calls import Begun, Outcome, PlannedCall, not_done, unknown
from toolserver.host.messages import write_json
from toolserver.host.models import LedgerState
from toolserver.host.tenant_process import MCP_HEADERS, Answer, TenantProcess

MOST_RESULT_BYTES = 4 * 1024 * 1024
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# JSON-RPC's own refusals, made before any tool is run: parse error, no request, no such method, bad parameters.
NEVER_RUN = {-32700, -32600, -32601, -32602}


async def pass_on(process: TenantProcess, call: PlannedCall, begun: Begun) -> Outcome:
    """Exactly what was verified, written anew. Only what provably never reached the tool counts as not done."""
    if process.http.closed:
        return not_done("tenant_process_unavailable", "The team's tool process has ended.", retryable=True)
    try:
        answer = await process.send("POST", "/mcp", _message(call, begun), MCP_HEADERS)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return not_done("tenant_process_unavailable", "The team's tool process could not be reached.", retryable=True)
    except TimeoutError:
        return unknown("call_timed_out", "The tool did not answer in time. It may have acted.")
    except (aiohttp.ClientError, RuntimeError):  # RuntimeError: the session was closed under it
        return unknown("call_cut_off", "The team's tool process went away during the call. It may have acted.")
    return read_outcome(answer)


def read_outcome(answer: Answer) -> Outcome:
    if 400 <= answer.status < 500:  # the process's MCP transport refuses before it looks for a tool
        return not_done("tenant_process_refused", f"The team's tool process refused the call ({answer.status}).",
                        retryable=False)
    try:
        body = json.loads(answer.content)
        if "error" in body:
            return _of_error(body["error"])
        return _of_result(body["result"], too_large=len(answer.content) > MOST_RESULT_BYTES)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return unknown("answer_unreadable", "The tool's answer could not be read. It may have acted.")


def _of_error(error: dict[str, Any]) -> Outcome:
    data = error.get("data") if isinstance(error.get("data"), dict) else {}
    code, detail = str(data.get("code") or "tool_failed"), storable(str(error.get("message") or ""))
    if data.get("outcome") == "not_done" or error.get("code") in NEVER_RUN:
        return not_done(code, detail, retryable=data.get("retryable") is True)
    return unknown(code, detail)


def _of_result(result: dict[str, Any], *, too_large: bool) -> Outcome:
    meta, said = result.get("_meta") or {}, storable(result.get("structuredContent"))
    state = meta.get("countersign/outcome")
    opened = [id for id in map(parse_id, meta.get("countersign/credentials") or []) if id]
    if state == LedgerState.DONE:
        result = {"too_large": True} if too_large else said
        return Outcome(LedgerState.DONE, result=result, credentials=opened)
    said = said if isinstance(said, dict) else {}
    code = str(meta.get("countersign/code") or said.get("code") or "tool_failed")
    detail = str(said.get("detail") or "The tool gave no reason.")
    if state == LedgerState.NOT_DONE:
        return Outcome(LedgerState.NOT_DONE, code=code, detail=detail, credentials=opened,
                       retryable=meta.get("countersign/retryable") is True)
    return Outcome(LedgerState.UNKNOWN, code=code, detail=detail, credentials=opened)


def storable(value: Any) -> Any:
    """The value without the characters that neither UTF-8 nor the database can hold."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def _message(call: PlannedCall, begun: Begun) -> bytes:
    meta: dict[str, Any] = {"countersign/run": str(call.run_id), "countersign/grant": call.grant,
                            "countersign/idempotency_key": call.key}
    if begun.results:
        meta |= {"countersign/approved_arguments": call.arguments, "countersign/results": begun.results}
    return write_json({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": call.tool.name, "arguments": begun.arguments, "_meta": meta}})
