"""The web process's application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.settings")
_django = get_asgi_application()

from django.conf import settings  # noqa: E402

from countersign.body_limit import BodyLimit  # noqa: E402

application = BodyLimit(_django, settings.REQUEST_MAX_BYTES)
