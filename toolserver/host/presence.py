"""That this host lives, told to the others by an advisory lock: it goes when its database session does.

An intent in the ledger names its host. One whose host is gone was left behind by a crash, and is in doubt.
"""

from __future__ import annotations

import secrets
import threading

from django.db import DatabaseError, connection

from countersign.logs import get_logger

log = get_logger(__name__)

SECONDS_BETWEEN_LOOKS = 2


class Presence:
    """A context manager. `holder` names this host, in this life; the lock is taken before it returns from entering."""

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
                log.warning("presence lost, taken again", detail=type(error).__name__)
                self._stop.wait(0.2)
            finally:
                connection.close()


def is_present(holder: int) -> bool:
    """Whether that host lives. In a transaction: the question itself holds the lock until its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_try_advisory_xact_lock(%s)", [holder])
        return cursor.fetchone()[0]
