import os

import uvicorn
from django.core.management.base import BaseCommand
from django.urls import get_resolver

from countersign.connections import serving_options
from countersign.database.roles import refuse_stronger_role


class Command(BaseCommand):
    help = "Serve the web app and the API."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **_: object) -> None:
        refuse_stronger_role("web")
        get_resolver().url_patterns  # noqa: B018 (read now: the first request shall not pay for the imports)
        uvicorn.run("countersign.asgi:application", host=host, port=port, log_config=None, access_log=False,
                    server_header=False, timeout_graceful_shutdown=5, lifespan="off",
                    forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1"), **serving_options())
