import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from countersign.database.roles import refuse_stronger_role
from countersign.environment import ConfigurationError
from toolserver.host.app import make_app
from toolserver.host.processes import IDLE_SECONDS, MOST_PROCESSES
from toolserver.process.hardening import allow_files, keep_memory_private

MOST_OPEN_FILES = 65536


class Command(BaseCommand):
    help = "Serve the tool server's host: the gate before every team's tool process."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8100)
        parser.add_argument("--most-processes", type=int, default=MOST_PROCESSES,
                            help="teams served at once (default: %(default)s); the longest idle makes room")
        parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS,
                            help="after which a team's process is ended (default: %(default)s)")

    def handle(self, *, host: str, port: int, most_processes: int, idle_seconds: float, **_: object) -> None:
        refuse_stronger_role("tools")
        if not settings.VAULT_KEY or not settings.GRANT_VERIFY_KEYS:
            raise ConfigurationError("Countersign cannot start: the toolserver needs VAULT_KEY and GRANT_VERIFY_KEYS")
        keep_memory_private()
        allow_files(MOST_OPEN_FILES)
        app = make_app(most=most_processes, idle_seconds=idle_seconds)
        uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False,
                    proxy_headers=False, timeout_graceful_shutdown=5, timeout_keep_alive=75)
