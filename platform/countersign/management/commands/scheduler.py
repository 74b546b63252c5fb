from __future__ import annotations

import signal
import threading

import psycopg
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from countersign.broker import import_actors
from countersign.database.roles import refuse_stronger_role
from countersign.logs import get_logger
from countersign.outages import said
from countersign.scheduling import all_duties

log = get_logger(__name__)

LEADER = "countersign.scheduler"
TICK = 0.1


class Command(BaseCommand):
    help = "Ring for what waits, take up lost runs, remind. One of several leads; the others wait."
    requires_system_checks: list[str] = []

    def handle(self, **_: object) -> None:
        refuse_stronger_role("engine")
        import_actors()
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.is_set():
            try:
                self.lead(stopping)
            except (DatabaseError, psycopg.Error) as error:
                if not said(error):
                    log.warning("scheduler.interrupted", error=type(error).__name__)
                stopping.wait(1)

    def lead(self, stopping: threading.Event) -> None:
        """Do the duties for as long as this session holds the leader's lock. The lock dies with the session."""
        parameters = connection.get_connection_params()
        with psycopg.connect(**_plain(parameters), autocommit=True) as leader:
            while not leader.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LEADER]).fetchone()[0]:
                if stopping.wait(1):
                    return
            log.info("scheduler.leads")
            duties = all_duties()
            while not stopping.wait(TICK):
                leader.execute("SELECT 1")
                for each in duties:
                    each.run_if_due()
                connection.close()


def _plain(parameters: dict) -> dict:
    """Django's connection parameters without what only Django and its pool understand."""
    return {key: value for key, value in parameters.items()
            if key in ("dbname", "user", "password", "host", "port", "options")}
