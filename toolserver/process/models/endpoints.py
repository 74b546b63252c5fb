"""`/v1/chat/completions` and `/v1/models` of a tenant's process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from countersign.errors import TooLarge
from toolserver.process.config import TenantConfig
from toolserver.process.models import gateway
from toolserver.process.models.aliases import find_alias, listing
from toolserver.process.models.errors import ModelError, RequestUnreadable, translate
from toolserver.process.models.requests import ChatRequest

MAX_PROMPT_BYTES = 32 * 1024 * 1024


def model_routes(config: Callable[[], TenantConfig]) -> list[Route]:
    async def models(request: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": listing(config())})

    async def chat_completions(request: Request) -> Response:
        try:
            asked = await read_request(request)
            find_alias(config(), asked.model)
            if asked.stream:
                return _ClosingStream(_events(config(), asked), media_type="text/event-stream",
                                         headers={"Cache-Control": "no-store"})
            answer = await unless_gone(request, gateway.complete(config(), asked))
            return Response(status_code=499) if answer is None else JSONResponse(answer)
        except Exception as error:
            return error_response(error)

    return [Route("/v1/models", models), Route("/v1/chat/completions", chat_completions, methods=["POST"])]


async def read_request(request: Request) -> ChatRequest:
    """Raises RequestUnreadable or TooLarge."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_PROMPT_BYTES:
            raise TooLarge(f"A prompt may have {MAX_PROMPT_BYTES // 2**20} MB.")
    try:
        return ChatRequest.model_validate_json(bytes(body))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors())
        raise RequestUnreadable(faults) from error


async def unless_gone(request: Request, work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any] | None:
    """The work's result; None, with the work cancelled, when the caller hangs up first."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for pending in (task, gone):
            pending.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _ClosingStream(StreamingResponse):
    """Closes its source when the caller hangs up, not when the collector gets to it: the provider is hung up on too."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


async def _events(config: TenantConfig, asked: ChatRequest) -> AsyncIterator[str]:
    """Server-sent events, one a chunk; a failure is an event too, as the status line is long out."""
    try:
        async with aclosing(gateway.stream(config, asked)) as chunks:
            async for chunk in chunks:
                yield _event(chunk) + ("data: [DONE]\n\n" if "usage" in chunk else "")
    except Exception as error:
        yield _event(_model_error(error).body())


def _event(said: dict[str, Any]) -> str:
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n"


def error_response(error: Exception) -> JSONResponse:
    model_error = _model_error(error)
    headers = {"Retry-After": str(int(model_error.retry_after + 0.999))} if model_error.retry_after else {}
    return JSONResponse(model_error.body(), status_code=model_error.status, headers=headers)


def _model_error(error: Exception) -> ModelError:
    if isinstance(error, TooLarge):
        return ModelError(error.detail, code=error.code, status=error.status)
    return translate(error, model="The model")
