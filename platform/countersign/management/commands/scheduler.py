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
from countersign.scheduling import LEADER, all_duties

log = get_logger(__name__)

TICK = 0.1
#: How long the leader may say nothing before Postgres ends its session, and with it its lead: it may stand still, or
#: its machine be gone. A duty that takes longer costs the lead, and no more than that.
SECONDS_OF_SILENCE = 5
#: For a leader that is cut off: its own side notices as soon, instead of waiting for an answer without end.
CUT_OFF = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3,
           "tcp_user_timeout": SECONDS_OF_SILENCE * 1000, "connect_timeout": SECONDS_OF_SILENCE}


class Command(BaseCommand):
    help = "Ring for what waits, take up lost runs, remind. One of several leads; the others wait."
    requires_system_checks: list[str] = []

    def handle(self, **_: object) -> None:
        refuse_stronger_role("engine")
        import_actors()
        stopping = threading.Event()
        log.info("scheduler.ready")
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
        """Do the duties for as long as this session holds the leader's lock. The lock dies with the session, which is
        asked for before every round and after every duty: whoever lost it does no other one."""
        parameters = connection.get_connection_params()
        with psycopg.connect(**_plain(parameters), **CUT_OFF, autocommit=True) as leader:
            leader.execute(f"SET idle_session_timeout = '{SECONDS_OF_SILENCE} s'")
            while not leader.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LEADER]).fetchone()[0]:
                if stopping.wait(1):
                    return
            log.info("scheduler.leads")
            try:
                self._do_duties(leader, stopping)
            except psycopg.Error:
                log.warning("scheduler.lost_the_lead")
                raise

    def _do_duties(self, leader: psycopg.Connection, stopping: threading.Event) -> None:
        duties = all_duties()
        while not stopping.wait(TICK):
            leader.execute("SELECT 1")
            for each in duties:
                if each.run_if_due():
                    leader.execute("SELECT 1")
            connection.close()


def _plain(parameters: dict) -> dict:
    """Django's connection parameters without what only Django and its pool understand."""
    return {key: value for key, value in parameters.items()
            if key in ("dbname", "user", "password", "host", "port", "options", "application_name")}
