"""What is asked for in an address, after the `?`. A value that means nothing is refused, and never taken for none."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from rest_framework.request import Request

from countersign.errors import Invalid, field_fault
from countersign.ids import parse_id

BOOLEANS = {"true": True, "false": False}


def asked_id(request: Request, name: str) -> UUID | None:
    """Raises Invalid."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if (id := parse_id(text)) is None:
        raise Invalid(fields=[field_fault(name, "invalid", "This is no id.")])
    return id


def asked_one_of(request: Request, name: str, known: Sequence[str]) -> str | None:
    """Raises Invalid, naming what there is."""
    text = request.query_params.get(name)
    if text is not None and text not in known:
        raise Invalid(fields=[field_fault(name, "unknown", f"Say one of {', '.join(known)}.")])
    return text


def asked_some_of(request: Request, name: str, known: Sequence[str]) -> list[str]:
    """One or several, with commas. Raises Invalid, naming what there is."""
    text = request.query_params.get(name)
    some = [] if text is None else text.split(",")
    if not set(some) <= set(known):
        raise Invalid(fields=[field_fault(name, "unknown", f"Say one of {', '.join(known)}, or several with commas.")])
    return some


def asked_whether(request: Request, name: str) -> bool:
    """False where nothing is said. Raises Invalid."""
    return BOOLEANS[asked_one_of(request, name, list(BOOLEANS)) or "false"]
