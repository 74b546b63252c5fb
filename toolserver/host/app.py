"""The host's HTTP application: who may knock at which door, and what stands behind it."""

from __future__ import annotations

import contextlib
import functools
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable

from django.db import DatabaseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from countersign.database.presence import Presence
from countersign.errors import BadRequest, CountersignError, Unavailable
from countersign.logs import bound, get_logger
from countersign.outages import said
from countersign.web_token import Scope
from toolserver.host import vault
from toolserver.host.callers import Caller, authenticate
from toolserver.host.gate import Gate
from toolserver.host.messages import (
    MAX_CALL_BYTES,
    MAX_MODEL_CALL_BYTES,
    read_body,
    read_json,
    read_message,
    write_json,
)
from toolserver.host.processes import ProcessPool
from toolserver.host.rpc import answer_message, refusal
from toolserver.host.streaming import complete
from toolserver.host.threads import in_database

log = get_logger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(**pool_options: float) -> Starlette:
    """`pool_options` are ProcessPool's."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with Presence() as presence:
            async with ProcessPool(**pool_options) as app.state.pool:
                app.state.gate = Gate(presence.holder)
                yield
                await app.state.gate.drain()

    return Starlette(lifespan=lifespan, routes=[
        Route("/healthz", healthz),
        Route("/t/{tenant}/mcp", mcp, methods=["POST"]),
        Route("/t/{tenant}/v1/models", models),
        Route("/t/{tenant}/v1/chat/completions", chat, methods=["POST"]),
        Route("/t/{tenant}/test", test, methods=["POST"]),
        Route("/t/{tenant}/preview", preview, methods=["POST"]),
        Route("/t/{tenant}/keys", keys, methods=["POST"]),
    ])


def typed_errors(endpoint: Endpoint) -> Endpoint:
    """Failures as `{"error": {"code", "message", "retryable", "class"}}`; what nobody foresaw is logged."""

    @functools.wraps(endpoint)
    async def answer(request: Request) -> Response:
        with bound(tenant=request.path_params["tenant"]):
            try:
                return await endpoint(request)
            except CountersignError as error:
                return error_response(error)
            except Exception as error:
                return error_response(as_ours(error))

    return answer


def as_ours(error: Exception) -> CountersignError:
    if isinstance(error, DatabaseError):
        if not said(error):
            log.warning("database unavailable", detail=type(error).__name__)
        return Unavailable()
    log.error("unforeseen failure", exc_info=error)
    return CountersignError()


def error_response(error: CountersignError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    kind = "transient" if error.retryable else "policy" if error.status in (401, 403) else "permanent"
    return JSONResponse({"error": {**error.data, "code": error.code, "message": error.detail,
                                   "retryable": error.retryable, "class": kind}}, error.status, headers)


async def healthz(request: Request) -> JSONResponse:
    """Alive: answers without asking anybody."""
    return JSONResponse({"status": "ok", "tenant_processes": len(request.app.state.pool.processes)})


@typed_errors
async def mcp(request: Request) -> Response:
    caller = await _caller(request, web_scope="catalogue", workers=True)
    message = None
    try:
        message = read_message(await read_body(request, MAX_CALL_BYTES))
        async with request.app.state.pool.use(caller.tenant_id, caller.version) as process:
            return await answer_message(request, message, caller, process, request.app.state.gate)
    except CountersignError as error:
        log.warning("message refused", code=error.code)
        return refusal(message, error)
    except Exception as error:
        return refusal(message, as_ours(error))


@typed_errors
async def models(request: Request) -> Response:
    caller = await _caller(request, web_scope="catalogue", workers=True)
    return await _passed(request, caller, "GET", "/v1/models", None)


@typed_errors
async def test(request: Request) -> Response:
    caller = await _caller(request, web_scope="test", workers=False)
    body = read_json(await read_body(request, MAX_CALL_BYTES))
    return await _passed(request, caller, "POST", "/test", write_json(body))


@typed_errors
async def preview(request: Request) -> Response:
    caller = await _caller(request, web_scope="preview", workers=False)
    body = read_json(await read_body(request, MAX_CALL_BYTES))
    return await _passed(request, caller, "POST", "/preview", write_json(body))


@typed_errors
async def chat(request: Request) -> Response:
    caller = await _caller(request, web_scope=None, workers=True)
    body = await read_body(request, MAX_MODEL_CALL_BYTES)
    if not isinstance(read_json(body), dict):
        raise BadRequest("A model call is a JSON object.")
    async with request.app.state.pool.use(caller.tenant_id, caller.version) as process:
        return await complete(request, body, process, {"x-countersign-run": str(caller.run_id)})


@typed_errors
async def keys(request: Request) -> Response:
    caller = await _caller(request, web_scope="keys", workers=False)
    return JSONResponse({"public_key": b64encode(await in_database(vault.public_key, caller.tenant_id)).decode()})


async def _caller(request: Request, *, web_scope: Scope | None, workers: bool) -> Caller:
    """Who asks, before a byte of the body is read and before the tenant's process hears of it."""
    return await in_database(authenticate, request.path_params["tenant"], request.headers.get("authorization", ""),
                             web_scope=web_scope, workers=workers)


async def _passed(request: Request, caller: Caller, method: str, path: str, body: bytes | None) -> Response:
    async with request.app.state.pool.use(caller.tenant_id, caller.version) as process:
        answer = await process.ask(method, path, body)
    return Response(answer.content, answer.status, media_type=answer.media_type)
