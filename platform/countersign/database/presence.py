"""That a process lives, told to the others by an advisory lock: it goes when its database session does.

An intent in the ledger names its host, a lease its worker. What a process that is gone has left is known at once.
"""

from __future__ import annotations

import secrets
import threading

from django.db import DatabaseError, connection

from countersign.logs import get_logger
from countersign.outages import said

log = get_logger(__name__)

SECONDS_BETWEEN_LOOKS = 1
#: After a restart of the database everybody is gone for a moment.
SECONDS_TO_RETURN = 5


class Presence:
    """A context manager. `holder` names this process, in this life; the lock is taken before entering returns."""

    def __init__(self) -> None:
        self.holder = secrets.randbits(62)
        self._taken = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="presence", daemon=True)

    def __enter__(self) -> Presence:
        self._thread.start()
        self._taken.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _hold(self) -> None:
        """A session of its own, renewed when the database was restarted."""
        while not self._stop.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_lock(%s)", [self.holder])
                    self._taken.set()
                    while not self._stop.wait(SECONDS_BETWEEN_LOOKS):
                        cursor.execute("SELECT 1")
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [self.holder])
            except DatabaseError as error:
                if not said(error):
                    log.warning("presence lost, taken again", detail=type(error).__name__)
                self._stop.wait(0.2)
            finally:
                connection.close()


def is_present(holder: int) -> bool:
    """Whether that process lives. In a transaction: the question itself holds the lock until its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_try_advisory_xact_lock(%s)", [holder])
        return cursor.fetchone()[0]


#: For a query about many: the holders that live, as `present(holder)`. `settled(long_enough)` is false while a database
#: that was just restarted may not have heard of everybody yet.
PRESENT = f"""
    present AS MATERIALIZED (
        SELECT classid::bigint << 32 | objid::bigint AS holder FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
    settled AS MATERIALIZED (
        SELECT pg_postmaster_start_time() < clock_timestamp() - interval '{SECONDS_TO_RETURN} s' AS long_enough)"""
