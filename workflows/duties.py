"""What the scheduler does for runs."""

from __future__ import annotations

from django.db import connection, transaction

from countersign.clock import now
from countersign.ids import new_id
from countersign.logs import get_logger
from countersign.scheduling import duty
from workflows.actors import ring_for_run
from workflows.engine.claims import TOPIC

log = get_logger(__name__)


@duty(every=1)
def requeue_lost_runs(most: int = 500) -> int:
    """Promise work on runs whose lease ran out while somebody held it: their worker is gone. Returns how many.

    A run that is promised already is left to its promise.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""
            SELECT lease.tenant_id, lease.subject_id FROM doorbells_lease AS lease
            WHERE lease.expires_at < clock_timestamp() AND NOT EXISTS (
                SELECT FROM doorbells_outbox AS promised
                WHERE promised.topic = %s AND promised.subject_id = lease.subject_id)
            ORDER BY lease.expires_at LIMIT %s""", [TOPIC, most])
        lost = cursor.fetchall()
        for tenant_id, run_id in lost:
            cursor.execute("INSERT INTO doorbells_outbox (id, topic, tenant_id, subject_id, due_at) "
                           "VALUES (%s, %s, %s, %s, %s)", [new_id(), TOPIC, tenant_id, run_id, now()])
    for tenant_id, run_id in lost:
        log.warning("run.requeued", tenant=str(tenant_id), run=str(run_id))
        ring_for_run(tenant_id, run_id)
    return len(lost)
