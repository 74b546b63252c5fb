"""What a tool adapter is, and the words in which it says what came of a call (design §4.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from pydantic import BaseModel

from countersign.errors import CountersignError


class NotDone(CountersignError):
    """It is proven that nothing happened outside; `retryable` says whether trying again may help."""

    code = "not_done"
    status = 502
    detail = "The tool did not act."

    def __init__(self, detail: str, *, code: str = "not_done", retryable: bool = False, **data: Any) -> None:
        super().__init__(detail, code=code, **data)
        self.retryable = retryable


class InDoubt(CountersignError):
    """The tool may have acted, and nobody here can know. Never guessed, never tried again by itself."""

    code = "in_doubt"
    status = 502
    detail = "It cannot be known whether the tool acted."

    def __init__(self, detail: str, *, code: str = "in_doubt", **data: Any) -> None:
        super().__init__(detail, code=code, **data)


@dataclass
class CallContext:
    """One call's surroundings. `credential(kind)` opens the tenant's credential of that kind, or raises NotDone.

    `opened` names the credentials that were.
    """

    tenant: UUID
    run: UUID
    idempotency_key: str
    artifacts_root: Path
    credential: Callable[[str], dict[str, Any]]
    opened: list[str] = field(default_factory=list)
    acting: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Call this right before the first effect outside: from here an unforeseen failure counts as in doubt."""
        self.acting = True


class Adapter(Protocol):
    """One tool. `annotations` are MCP's hints (`readOnlyHint`, …); whatever isn't read-only needs a grant."""

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    annotations: dict[str, bool]
    credential_kind: str | None

    def execute(self, arguments: Any, context: CallContext) -> dict[str, Any]:
        """Act, blocking, and return a JSON-safe result. Raises NotDone or InDoubt."""
        ...


@runtime_checkable
class Previewing(Protocol):
    """A tool that makes more of its arguments than they say, and can show it to whoever is to approve them."""

    def preview(self, arguments: Any, context: CallContext) -> dict[str, Any]:
        """What `execute` would do with these arguments now, JSON-safe. It does nothing. Raises NotDone as that does."""
        ...
