"""`$result` references: replaced from the ledger's entries of the same request, never from what a caller says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from toolserver.host.errors import ResultMissing
from toolserver.host.models import LedgerEntry, LedgerState
from toolserver.process.references import BadReference, is_reference, substitute


def results_for(arguments: dict[str, Any], request_id: UUID) -> dict[str, Any]:
    """Call id -> recorded result, for each call that the arguments refer to. Raises ResultMissing."""
    wanted = set(_calls(arguments))
    if not wanted:
        return {}
    results = dict(LedgerEntry.objects.filter(request_id=request_id, call_id__in=wanted, state=LedgerState.DONE)
                   .values_list("call_id", "result"))
    for call in sorted(wanted - results.keys()):
        raise ResultMissing(f"The call {call!r}, whose result this one takes, is not done.")
    return results


def with_results(arguments: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
    """Raises ResultMissing when a path leads nowhere in a recorded result."""
    try:
        return substitute(arguments, results)
    except BadReference as error:
        raise ResultMissing(error.detail) from error


def _calls(value: Any) -> Iterator[str]:
    if is_reference(value):
        reference = value["$result"]
        yield str(reference.get("call")) if isinstance(reference, dict) else ""
    elif isinstance(value, dict):
        for item in value.values():
            yield from _calls(item)
    elif isinstance(value, list):
        for item in value:
            yield from _calls(item)
