"""Dramatiq's way in. A message only wakes: what there is to do stands in the outbox."""

from __future__ import annotations

from uuid import UUID

import dramatiq

#: A run has limits of its own; dramatiq's would end it from outside, in the middle of a save.
_NO_LIMIT = 7 * 24 * 3600 * 1000


@dramatiq.actor(queue_name="runs", max_retries=0, time_limit=_NO_LIMIT)
def advance_run(tenant_id: str, run_id: str) -> None:
    """Take a turn at a run. Safe to repeat."""
    from workflows.engine.turn import take_turn

    take_turn(UUID(tenant_id), UUID(run_id))


def ring_for_run(tenant_id: UUID, run_id: UUID) -> None:
    advance_run.send(str(tenant_id), str(run_id))
