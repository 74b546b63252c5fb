"""A side-effecting call as it is asked for, and what comes of passing it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import rfc8785

from countersign.canonical import content_hash
from toolserver.host.errors import BadMessage
from toolserver.host.messages import write_json
from toolserver.host.models import LedgerEntry, LedgerState
from toolserver.host.tenant_process import Tool


@dataclass(frozen=True)
class PlannedCall:
    """One call to a tool that acts, asked for by the worker that holds the run."""

    tenant_id: UUID
    run_id: UUID
    tool: Tool
    arguments: dict[str, Any]
    grant: str | None
    key: str

    @cached_property
    def arguments_hash(self) -> str:
        """Raises BadMessage for numbers that JSON's receivers don't read alike."""
        try:
            return content_hash(self.arguments)
        except rfc8785.CanonicalizationError as error:
            raise BadMessage("An argument is a number past 2^53, which not every reader takes for the same.") from error

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """Equal for copies of one call, which may share its answer."""
        return self.run_id, self.tool.name, self.arguments_hash, self.grant


@dataclass(frozen=True)
class Begun:
    """An intent that is in the ledger. `arguments` have their `$result` references replaced, from `results`."""

    entry_id: UUID
    attempt: int
    arguments: dict[str, Any]
    results: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came of it. `credentials` are the ids that the process says it opened."""

    state: LedgerState
    result: Any = None
    code: str = ""
    detail: str = ""
    retryable: bool = False
    credentials: list[UUID] = field(default_factory=list)


def unknown(code: str, detail: str) -> Outcome:
    return Outcome(LedgerState.UNKNOWN, code=code, detail=detail)


def not_done(code: str, detail: str, *, retryable: bool) -> Outcome:
    return Outcome(LedgerState.NOT_DONE, code=code, detail=detail, retryable=retryable)


def answer(entry: LedgerEntry, *, idempotent: bool) -> dict[str, Any]:
    """The MCP result that tells an entry's outcome: the same the first time and every time after.

    In doubt is worth another try only with a tool that may safely act twice.
    """
    done = entry.state == LedgerState.DONE
    retryable = idempotent if entry.state == LedgerState.UNKNOWN else entry.retryable and not done
    said = entry.result if done else {"code": entry.code, "detail": entry.detail}
    text = write_json(said).decode() if done else entry.detail
    return {
        "content": [{"type": "text", "text": text}],
        **({} if said is None else {"structuredContent": said}),
        "isError": not done,
        "resultType": "complete",
        "_meta": {"countersign/outcome": entry.state, "countersign/ledger_entry": str(entry.id),
                  "countersign/retryable": retryable, "countersign/code": entry.code,
                  "countersign/attempts": entry.attempts},
    }
