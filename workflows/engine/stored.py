"""What a run goes on from: its latest checkpoint, and what people have said to the gate that it waits at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from langgraph.checkpoint.base import CheckpointTuple

from approvals.models import ApprovalRequest, Grant
from countersign.database.context import pipelined_context
from countersign.database.statements import loading
from workflows.engine.grants import let_go_of_connection
from workflows.engine.lease import Lease
from workflows.engine.saver import asked_for_latest

#: The run's own request, once somebody has settled it.
REQUEST = "WHERE id = (SELECT request_id FROM workflows_run WHERE id = %s) AND status <> 'open'"
GRANTS = "WHERE request_id = (SELECT request_id FROM workflows_run WHERE id = %s) ORDER BY id"


@dataclass(frozen=True)
class Stored:
    checkpoint: CheckpointTuple | None = None
    request: ApprovalRequest | None = None
    grants: list[Grant] = field(default_factory=list)


def look(lease: Lease) -> Stored:
    """Ask for it in a transaction of its own."""
    try:
        with pipelined_context(lease.tenant):
            read = looking(lease)
        return read()
    finally:
        let_go_of_connection()


def looking(lease: Lease) -> Callable[[], Stored]:
    """Ask in the caller's transaction, which is the tenant's, and read later. Nobody has worked on a run before its
    first lease: then there is nothing to ask."""
    if lease.epoch == 1:
        return Stored
    checkpoint = asked_for_latest(lease)
    requests, grants = loading(ApprovalRequest, REQUEST, [lease.run]), loading(Grant, GRANTS, [lease.run])
    return lambda: Stored(checkpoint(), next(iter(requests()), None), grants())
