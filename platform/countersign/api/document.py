"""The API's own document, open to everybody: made once in each process, for that takes a second."""

from __future__ import annotations

import threading
from functools import cache

from django.http import HttpResponse
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_one_at_a_time = threading.Lock()


class ApiDocument(SpectacularAPIView):
    """In YAML or JSON, as `Accept` or `?format=` says."""

    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        with _one_at_a_time:
            document = _rendered(type(renderer))
        return HttpResponse(document, content_type=renderer.media_type, headers={
            "Content-Disposition": f'inline; filename="{spectacular_settings.TITLE}.{renderer.format}"',
            "Cache-Control": "public, max-age=300", "Vary": "Accept"})


@cache
def _rendered(renderer: type[BaseRenderer]) -> bytes:
    document = ApiDocument.generator_class().get_schema(request=None, public=True)
    return renderer().render(document, renderer.media_type, {})
