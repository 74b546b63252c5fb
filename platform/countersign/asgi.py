"""The web process's application."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from tempfile import SpooledTemporaryFile
from typing import Any, TypeVar

import django
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from countersign.body_limit import BodyLimit, Message, Receive, Send  # noqa: E402
from countersign.header_limit import HeaderLimit  # noqa: E402

T = TypeVar("T")

#: Requests that are answered at once; more wait for a thread. They stay, for what each keeps is small.
MOST_THREADS = 256


class OneThread(ASGIHandler):
    """Django's handler, but a request enters a thread once, and signals, middleware and view all run there.

    All of them are plain code. Django's own makes a thread for each request and goes back to the event loop and into
    it again for each of them. A streamed answer is sent by the event loop, with no thread; only there somebody who
    leaves is noticed before the end, since nothing stops plain code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def handle(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await self._in_thread(self._answer, scope, body)
        if response.streaming:
            try:
                await self._stream(response, receive, send)
            finally:
                await self._in_thread(response.close)
        else:
            await self.send_response(response, send)

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, copy_context().run, call, *arguments)

    def _answer(self, scope: Message, body: SpooledTemporaryFile) -> HttpResponseBase:
        """The whole answer, or a stream that is still to be sent, for which this thread's connection is given back."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        with body:
            request, refused = self.create_request(scope, body)
            response = refused or self.get_response(request)
            response._handler_class = type(self)
            if isinstance(response, FileResponse):
                response.block_size = self.chunk_size
            if response.streaming:
                close_old_connections()
            else:
                response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Until its end, or until the client goes."""
        sending = asyncio.create_task(self.send_response(response, send))
        leaving = asyncio.create_task(receive())
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.wait([sending, leaving])
        if not sending.cancelled():
            sending.result()


application = HeaderLimit(BodyLimit(OneThread(), settings.REQUEST_MAX_BYTES, large=settings.LARGE_BODIES_BELOW,
                                    small=settings.SMALL_BODY_BYTES))
