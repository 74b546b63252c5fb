"""Passing a model call on: the answer comes through piece by piece, and a caller that goes away cancels it upstream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import aiohttp
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from countersign.logs import get_logger
from toolserver.host.errors import ProcessUnavailable
from toolserver.host.messages import write_json
from toolserver.host.tenant_process import JSON_HEADERS, TenantProcess

log = get_logger(__name__)

CUT_OFF = {"error": {"code": "answer_cut_short", "message": "The model's answer broke off.", "retryable": True,
                     "class": "transient"}}


async def complete(request: Request, body: bytes, process: TenantProcess, headers: dict[str, str]) -> Response:
    """The process's answer, as it comes. The process counts as in use until it is over."""
    sending = process.http.post("/v1/chat/completions", data=body, headers=JSON_HEADERS | headers)
    answer = await _unless_gone(request, sending)
    return PassedOn(answer, process)


class PassedOn(StreamingResponse):
    """Ends with the answer, or with the caller: then what is upstream is closed, which cancels the model call."""

    def __init__(self, answer: aiohttp.ClientResponse, process: TenantProcess) -> None:
        super().__init__(_pieces(answer), answer.status, media_type=answer.headers.get("content-type"),
                         headers={"cache-control": "no-store"})
        self.answer = answer
        self.process = process
        process.users += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.process.users -= 1
            self.answer.close()


async def _unless_gone(request: Request, sending: Awaitable[aiohttp.ClientResponse]) -> aiohttp.ClientResponse:
    """Raises ProcessUnavailable; cancels the sending when the caller has gone (there is nobody to answer then)."""
    task = asyncio.ensure_future(sending)
    gone = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ProcessUnavailable("The caller has gone.")
        return task.result()
    except (aiohttp.ClientError, TimeoutError, RuntimeError) as error:
        raise ProcessUnavailable from error
    finally:
        gone.cancel()
        task.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_any():
            yield piece
    except aiohttp.ClientError as error:
        log.warning("model answer cut short", detail=type(error).__name__)
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            yield b"data: " + write_json(CUT_OFF) + b"\n\n"
