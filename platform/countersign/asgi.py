"""The web process's application."""

import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from countersign.body_limit import BodyLimit  # noqa: E402
from countersign.header_limit import HeaderLimit  # noqa: E402


class OneThread(ASGIHandler):
    """Django's handler, but a request enters its thread once and runs every middleware and its view there.

    All of them are plain code. Django's own would go back to the event loop and into the thread again for each
    middleware: a dozen times a request. A streamed answer is still sent by the event loop, with no thread.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)


application = HeaderLimit(BodyLimit(OneThread(), settings.REQUEST_MAX_BYTES, large=settings.LARGE_BODIES_BELOW,
                                    small=settings.SMALL_BODY_BYTES))
