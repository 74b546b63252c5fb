"""A document read as far as it can be: every fault of its shape, and a spec to look for further faults in.

Where a value is unusable a stand-in takes its place, and its path goes quiet: one mistake is reported once.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflows.spec.bounds import NODES
from workflows.spec.document import Spec
from workflows.spec.findings import Findings

NODE_TYPES = ("worker", "supervisor", "approval", "tool")
CHECK_TYPES = ("sections", "length", "links", "required", "banned")
_TELLTALE = {"judges": "supervisor", "shows": "approval", "releases": "approval", "policy": "approval", "tool": "tool"}
_STAND_INS: dict[str, Any] = {"name": "unnamed", "start": "", "model": "-", "prompt": "", "judges": "", "shows": "",
                              "policy": {"stages": [{"rules": [{"role": "-"}]}]}, "tool": "-", "text": "-",
                              "phrases": []}
_WANTED = {"string_type": "text", "int_type": "a whole number", "float_type": "a number", "list_type": "a list",
           "dict_type": "an object", "bool_type": "true or false"}
_ROUNDS = 8  # a repaired document can show faults that others hid

Path = tuple[str | int, ...]


def read_spec(document: dict[str, Any], findings: Findings) -> Spec | None:
    """None when so much is wrong that nothing further can be said."""
    document = copy.deepcopy(document)
    nodes = document.get("nodes")
    if isinstance(nodes, list) and len(nodes) > NODES:
        findings.fault("nodes", "too_many", f"A spec may have {NODES} nodes at most; this one has {len(nodes):,}.")
        return None
    for _ in range(_ROUNDS):
        try:
            return Spec.model_validate(document)
        except ValidationError as invalid:
            for path, errors in _by_path(document, invalid).items():
                if findings.are_full:
                    return None
                findings.fault(_dotted(path), *_in_words(errors, path))
                findings.quiet |= {_dotted(quiet) for quiet in _repair(document, path, errors[0]["type"])}
    return None


def _by_path(document: dict[str, Any], invalid: ValidationError) -> dict[Path, list[ErrorDetails]]:
    """The members of a union complain one by one about the same value: they are one fault."""
    grouped: dict[Path, list[ErrorDetails]] = {}
    for error in invalid.errors(include_url=False):
        grouped.setdefault(_document_path(document, error), []).append(error)
    return grouped


def _document_path(document: Any, error: ErrorDetails) -> Path:
    """Pydantic's location without the names of union members, which stand in no document."""
    return tuple(_steps(document, list(error["loc"]), error["type"]))


def _steps(here: Any, location: list[str | int], kind: str) -> Iterator[str | int]:
    for index, part in enumerate(location):
        in_list = index >= 2 and isinstance(location[index - 1], int)
        if in_list and location[index - 2] in ("nodes", "checks") and part in NODE_TYPES + CHECK_TYPES:
            continue
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int)):
            yield part
            here = here[part]
        elif index == len(location) - 1 and kind == "missing":
            yield part
    if kind.startswith("union_tag"):
        yield "type"


def _repair(document: dict[str, Any], path: Path, kind: str) -> list[Path]:
    """Puts stand-ins where `path` is; returns the paths that go quiet."""
    if not path:
        return []
    if "policy" in path:  # its parts make no sense alone
        path, kind = path[:path.index("policy") + 1], "invalid"
    here: Any = document
    for part in path[:-1]:
        here = here[part]
    last = path[-1]
    if last == "type" and kind.startswith("union_tag"):
        return [path, *_retype(here, path[:-1])]
    if isinstance(here, list):
        here[last] = _stand_in_item(path)
        return [path]
    here.pop(last, None)
    if kind != "extra_forbidden":
        if last == "id":
            here["id"] = f"broken_{path[-2]}"
        elif last in _STAND_INS:
            here[last] = _STAND_INS[last]
    return [path]


def _retype(part: dict[str, Any], path: Path) -> list[Path]:
    """What a node of an unknown type was meant to be, by its keys; else one that is passed over in silence."""
    kept = {"id": part.get("id", f"broken_{path[-1]}")}
    if path[-2] == "checks":
        replaced = kept | {"type": "required", "phrases": []}
    elif meant := next((kind for key, kind in _TELLTALE.items() if key in part), None):
        part["type"] = meant
        return []
    else:
        replaced = kept | {"type": "worker", "model": "-", "prompt": "", "next": part.get("next")}
    part.clear()
    part.update(replaced)
    return [path]


def _stand_in_item(path: Path) -> Any:
    match path[-2]:
        case "nodes":
            return {"id": f"broken_{path[-1]}", "type": "worker", "model": "-", "prompt": ""}
        case "checks":
            return {"id": f"broken_{path[-1]}", "type": "required", "phrases": []}
        case "checklist":
            return {"id": f"broken_{path[-1]}", "text": "-"}
    return "-"


def _in_words(errors: list[ErrorDetails], path: Path) -> tuple[str, str]:
    telling = [error for error in errors if not error["type"].endswith(("_type", "_error"))]
    error = (telling or errors)[0]
    context = error.get("ctx", {})
    match error["type"]:
        case "missing" | "union_tag_not_found":
            return "required", f"`{path[-1]}` is required here."
        case "extra_forbidden":
            return "unknown_key", f"`{path[-1]}` is not a key that is known here."
        case "union_tag_invalid":
            kinds, code = (CHECK_TYPES, "unknown_check") if "checks" in path else (NODE_TYPES, "unknown_node")
            return code, f"{context['tag']!r} is not one of {', '.join(kinds)}."
        case "string_too_long":
            return "too_long", f"This may have {context['max_length']:,} characters at most."
        case "too_long":
            return "too_many", f"This may have {context['max_length']:,} entries at most."
        case "string_too_short" | "too_short":
            return "empty", "This may not be empty."
        case "greater_than_equal":
            return "out_of_range", f"This must be {context['ge']:,g} or more."
        case "less_than_equal":
            return "out_of_range", f"This must be {context['le']:,g} or less."
        case "model_type" | "model_attributes_type":
            return "invalid_value", "This must be an object."
    if error["type"] == "value_error":
        said = str(context["error"])
        return "invalid_value", f"{said[0].upper()}{said[1:]}."
    wanted = [_WANTED.get(one["type"]) or one["msg"].removeprefix("Input should be ") for one in errors]
    return "invalid_value", f"This must be {' or '.join(wanted)}."


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
