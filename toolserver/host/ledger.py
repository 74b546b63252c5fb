"""The ledger of tool calls: what was meant, written before it is done; what came of it, written after (design §4.7).

Nothing here calls anybody. Each function is one transaction of role `tools`, the only one that may write these rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from approvals.models import ApprovalRequest, Grant
from approvals.services.grants import approval_holds, consume_grant
from countersign.clock import now
from countersign.database.context import pipelined_context
from countersign.database.presence import is_present
from countersign.database.statements import ask, load, tell, update
from countersign.errors import CountersignError
from countersign.grants import GrantClaims, GrantRefused, verify_grant
from countersign.ids import new_id
from tenants.audit import Actor, record
from toolserver.host.callers import verify_keys
from toolserver.host.calls import Begun, Outcome, PlannedCall
from toolserver.host.errors import CallDiffers, CallInProgress, ResultMissing
from toolserver.host.models import LONGEST_CALL, LedgerEntry, LedgerState
from toolserver.host.results import results_for, with_results

ACTOR = Actor.system("toolserver")


def begin_call(call: PlannedCall, *, holder: int) -> Begun | LedgerEntry:
    """Consume the grant and write the intent, or find the entry whose outcome is the answer already.

    For one key at a time: a racer waits on the entry's row, or on the unique index. Only the holder that has no such
    call under way may ask, so an intent of its own is one whose outcome it failed to write.
    Raises GrantRefused, CallDiffers, CallInProgress, ResultMissing.
    """
    with pipelined_context(call.tenant_id):
        entry = _locked_entry(call)
        if entry is None:
            begun = _first_attempt(call, holder)
            if begun is not None:
                return begun
            entry = _locked_entry(call)
        found = _next_attempt(entry, call, holder)
    if isinstance(found, CountersignError):
        raise found
    return found


USE_NOTED_EVERY = timedelta(minutes=1)


def settle_call(call: PlannedCall, begun: Begun, outcome: Outcome, *, holder: int) -> LedgerEntry:
    """Write what came of an attempt, unless a later attempt was begun meanwhile. Safe to repeat."""
    with pipelined_context(call.tenant_id):
        [entry] = load(LedgerEntry, "WHERE id = %s FOR UPDATE", [begun.entry_id])
        if (entry.attempts, entry.holder) == (begun.attempt, holder) and entry.state != outcome.state:
            _settle(entry, outcome)
            record(action=f"tool_call.{outcome.state}", subject=("tool_call", entry.id), actor=ACTOR,
                   data={"tool": entry.tool, "run": str(entry.run_id), "grant": str(entry.grant_id),
                         "attempt": entry.attempts, "code": entry.code})
        if outcome.credentials:  # seldom: calls that use the same one at once would wait for one another here
            at = now()
            tell("UPDATE toolserver_credential SET last_used_at = %s WHERE id = ANY(%s) "
                 "AND (last_used_at IS NULL OR last_used_at < %s)",
                 [at, outcome.credentials, at - USE_NOTED_EVERY])
    return entry


def _locked_entry(call: PlannedCall) -> LedgerEntry | None:
    return next(iter(load(LedgerEntry, "WHERE idempotency_key = %s FOR UPDATE", [call.key])), None)


def _first_attempt(call: PlannedCall, holder: int) -> Begun | None:
    """None when a copy of the call was quicker. A grant that does not hold undoes the intent."""
    claims = _verified(call)
    results = results_for(call.arguments, claims.request)
    begun = Begun(new_id(), 1, with_results(call.arguments, results), results)
    if not _insert_intent(begun.entry_id, call, claims, holder):
        return None
    consume_grant(claims)
    return begun


def _next_attempt(entry: LedgerEntry, call: PlannedCall, holder: int) -> Begun | LedgerEntry | CountersignError:
    """A refusal of a further attempt is returned: what was learnt about the last one is to stay written."""
    if (entry.tool, entry.run_id, entry.arguments_hash) != (call.tool.name, call.run_id, call.arguments_hash):
        raise CallDiffers
    if entry.state == LedgerState.INTENT:
        if _under_way(entry, holder):
            raise CallInProgress
        _settle(entry, Outcome(LedgerState.UNKNOWN, code="host_lost", detail=(
            "The tool server stopped while this call was under way. It may have happened.")))
    _settle_by_word(entry)
    may_act = entry.state == LedgerState.NOT_DONE or (entry.state == LedgerState.UNKNOWN and call.tool.idempotent)
    if not may_act:
        return entry
    try:
        with transaction.atomic():
            return _another_attempt(entry, call, holder)
    except (GrantRefused, ResultMissing) as refusal:
        return refusal


def _another_attempt(entry: LedgerEntry, call: PlannedCall, holder: int) -> Begun:
    claims = _verified(call)
    if claims.id == entry.grant_id:
        _refuse_withdrawn(claims)
    else:
        consume_grant(claims)
    results = results_for(call.arguments, claims.request)
    entry.grant_id, entry.holder, entry.attempts = claims.id, holder, entry.attempts + 1
    entry.state, entry.intent_at, entry.settled_at = LedgerState.INTENT, now(), None
    update(entry, "grant_id", "holder", "attempts", "state", "intent_at", "settled_at")
    return Begun(entry.id, entry.attempts, with_results(call.arguments, results), results)


def _verified(call: PlannedCall) -> GrantClaims:
    """The claims of a grant for exactly this call, under the one key that this planned call may have."""
    claims = verify_grant(call.grant, verify_keys(), tenant=call.tenant_id, run=call.run_id, tool=call.tool.name,
                          schema_hash=call.tool.schema_hash, arguments=call.arguments, at=now())
    if call.key != f"{claims.request}:{claims.call}":
        raise GrantRefused("The idempotency key is not this planned call's.", code="grant_wrong_call")
    return claims


def _refuse_withdrawn(claims: GrantClaims) -> None:
    """The grant was consumed by an earlier attempt; it, or the approvers' right, may have been withdrawn since."""
    grant = next(iter(load(Grant, "WHERE id = %s", [claims.id])), None)
    if grant is None or grant.revoked_at is not None:
        raise GrantRefused("The grant was revoked.", code="grant_revoked")
    if not approval_holds(*load(ApprovalRequest, "WHERE id = %s", [grant.request_id])):
        raise GrantRefused("Somebody who approved this may no longer decide it.", code="grant_approver_gone")


def _settle_by_word(entry: LedgerEntry) -> None:
    """Where a person said what happened to the attempt in doubt, that is its outcome."""
    word = entry.resolutions.filter(attempt=entry.attempts).first() if entry.state == LedgerState.UNKNOWN else None
    if word is None:
        return
    if word.happened:
        _settle(entry, Outcome(LedgerState.DONE, code="resolved", detail="A person said that it happened."))
    else:
        _settle(entry, Outcome(LedgerState.NOT_DONE, code="resolved", detail="A person said that it did not happen.",
                               retryable=True))


def _under_way(entry: LedgerEntry, holder: int) -> bool:
    if entry.holder == holder or entry.intent_at < now() - LONGEST_CALL:
        return False
    return is_present(entry.holder)


def _settle(entry: LedgerEntry, outcome: Outcome) -> None:
    entry.state, entry.result, entry.code = outcome.state, outcome.result, outcome.code[:60]
    entry.detail, entry.retryable, entry.settled_at = outcome.detail[:2000], outcome.retryable, now()
    update(entry, "state", "result", "code", "detail", "retryable", "settled_at")


def _insert_intent(entry_id: UUID, call: PlannedCall, claims: GrantClaims, holder: int) -> bool:
    """Whether the row is ours: a racing copy's insert waits here for the first one's end, and then does nothing."""
    at = now()
    values: dict[str, Any] = {
        "id": entry_id, "tenant_id": call.tenant_id, "idempotency_key": call.key, "grant_id": claims.id,
        "request_id": claims.request, "call_id": claims.call, "run_id": call.run_id, "tool": call.tool.name,
        "arguments": Jsonb(call.arguments), "arguments_hash": call.arguments_hash, "state": LedgerState.INTENT.value,
        "code": "", "detail": "", "retryable": False, "attempts": 1, "holder": holder, "created_at": at,
        "intent_at": at,
    }
    columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
    return bool(ask(f"INSERT INTO toolserver_ledgerentry ({columns}) VALUES ({places}) "
                    "ON CONFLICT (tenant_id, idempotency_key) DO NOTHING RETURNING id", list(values.values())))


