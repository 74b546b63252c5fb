"""Dramatiq's way in. A message only wakes: what there is to do, and whose turn it is, stands in the outbox."""

from __future__ import annotations

import dramatiq


@dramatiq.actor(queue_name="runs", max_retries=0)
def look_for_runs() -> None:
    """Have this worker look for runs to advance. Safe to repeat."""
    from workflows.engine import dispatcher

    dispatcher.look_soon()
