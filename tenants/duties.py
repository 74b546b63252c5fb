"""What the scheduler does for people and teams."""

from __future__ import annotations

from django.db import connection

from countersign.logs import get_logger
from countersign.scheduling import duty

log = get_logger(__name__)

BATCH = 500
BATCHES = 20


@duty(every=60)
def forget_old() -> None:
    """Delete answers that were kept for a day, and sessions that have ended; in batches, not to hold much at once.

    The scheduler may read neither: a function of the database's owner does it.
    """
    for _ in range(BATCHES):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tenants_forget_old(%s)", [BATCH])
            [largest] = cursor.fetchone()
        if largest < BATCH:
            return
    log.warning("more is to be forgotten than was deleted", batches=BATCHES, rows=BATCH)
