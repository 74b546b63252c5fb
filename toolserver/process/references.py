"""`{"$result": {"call": …, "path": […]}}`: an argument that stands for an earlier call's outcome (design §4.4)."""

from __future__ import annotations

from typing import Any

from countersign.errors import CountersignError


class BadReference(CountersignError):
    code = "result_reference"
    status = 422
    detail = "A $result reference points at nothing."


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"$result"}


def has_references(value: Any) -> bool:
    if isinstance(value, dict):
        return is_reference(value) or any(has_references(item) for item in value.values())
    return isinstance(value, list) and any(has_references(item) for item in value)


def substitute(arguments: Any, results: dict[str, Any]) -> Any:
    """The arguments with every reference replaced from `results` ({call id: its result}). Raises BadReference."""
    if is_reference(arguments):
        return _look_up(arguments["$result"], results)
    if isinstance(arguments, dict):
        return {key: substitute(value, results) for key, value in arguments.items()}
    if isinstance(arguments, list):
        return [substitute(value, results) for value in arguments]
    return arguments


def _look_up(reference: Any, results: dict[str, Any]) -> Any:
    try:
        value = results[reference["call"]]
        for step in reference.get("path", []):
            value = value[step]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise BadReference(f"The $result reference {reference!r} points at nothing.") from error
    return value
