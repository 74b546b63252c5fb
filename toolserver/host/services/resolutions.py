"""A person's word on a call in doubt. It is never guessed (design §4.7)."""

from __future__ import annotations

from countersign.clock import now
from countersign.doorbells.services import ring
from countersign.errors import Conflict
from tenants.audit import Actor, record
from tenants.models import User
from toolserver.host.models import LONGEST_CALL, LedgerEntry, LedgerResolution, LedgerState


class NotInDoubt(Conflict):
    code = "not_in_doubt"
    detail = "What came of this call is known, or it is still under way."


class AlreadyResolved(Conflict):
    code = "already_resolved"
    detail = "Somebody has said otherwise already."


def resolve_call(*, entry: LedgerEntry, happened: bool, note: str, by: User, actor: Actor) -> LedgerResolution:
    """Say what happened to the last attempt, and wake its run; the host settles the entry when the run asks again.

    Safe to repeat. Raises NotInDoubt, AlreadyResolved.
    """
    if not is_in_doubt(entry):
        raise NotInDoubt
    word = LedgerResolution(entry=entry, attempt=entry.attempts, happened=happened, note=note, created_by=by)
    LedgerResolution.objects.bulk_create([word], ignore_conflicts=True)
    said = LedgerResolution.objects.get(entry=entry, attempt=entry.attempts)
    if said.id != word.id:
        if said.happened != happened:
            raise AlreadyResolved
        return said
    record(action="tool_call.resolved", subject=("tool_call", entry.id), actor=actor,
           data={"tool": entry.tool, "run": str(entry.run_id), "attempt": entry.attempts, "happened": happened,
                 "note": note})
    ring("run", tenant_id=entry.tenant_id, subject_id=entry.run_id)
    return word


def is_in_doubt(entry: LedgerEntry) -> bool:
    left_over = entry.state == LedgerState.INTENT and entry.intent_at < now() - LONGEST_CALL
    return entry.state == LedgerState.UNKNOWN or left_over
