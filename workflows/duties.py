"""What the scheduler does for runs."""

from __future__ import annotations

from django.db import connection, transaction

from countersign.database.presence import PRESENT
from countersign.doorbells.services import ring
from countersign.logs import get_logger
from countersign.scheduling import duty
from workflows.engine.claims import TOPIC

log = get_logger(__name__)


# After a restart of the database nobody has renewed anything for a while, and every lease has run out: workers that
# live get some seconds to renew theirs, before all of their runs are given to others.
LOST = f"""
    WITH {PRESENT}
    SELECT lease.tenant_id, lease.subject_id FROM doorbells_lease AS lease
    WHERE lease.expires_at < clock_timestamp() AND (SELECT long_enough FROM settled) AND NOT EXISTS (
        SELECT FROM doorbells_outbox AS promised
        WHERE promised.topic = %s AND promised.subject_id = lease.subject_id)
    ORDER BY lease.expires_at LIMIT %s"""

# A killed worker's session ends with it: its leases need not run out. A worker that was only cut off from the database
# for a moment is overtaken, as if it had been slow: its older epoch is refused.
END_ORPHANED = f"""
    WITH {PRESENT}
    UPDATE doorbells_lease SET expires_at = clock_timestamp()
    WHERE expires_at > clock_timestamp() AND holder IS NOT NULL AND (SELECT long_enough FROM settled)
        AND holder NOT IN (SELECT holder FROM present)"""


@duty(every=1)
def requeue_lost_runs(most: int = 500) -> int:
    """Promise work on runs whose worker is gone: its lease ran out, or it is not there any more. Returns how many.

    A run that is promised already is left to its promise.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(END_ORPHANED)
        cursor.execute(LOST, [TOPIC, most])
        lost = cursor.fetchall()
        for tenant_id, run_id in lost:
            log.warning("run.requeued", tenant=str(tenant_id), run=str(run_id))
            ring(TOPIC, tenant_id=tenant_id, subject_id=run_id)
    return len(lost)
