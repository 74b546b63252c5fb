"""A spec as it arrives: YAML or JSON text, or data already parsed, to plain JSON within stated bounds."""

from __future__ import annotations

from typing import Any

import yaml
from rfc8785 import CanonicalizationError

from countersign.canonical import canonical_json
from countersign.errors import Invalid, field_fault
from workflows.spec.bounds import DEPTH, DOCUMENT_BYTES

MOST_EVENTS = 200_000


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Safe, and with nothing in it that JSON has no word for: `2026-01-01` stays text. A key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} must be text", key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def spec_from_text(text: str) -> dict[str, Any]:
    """The document that a YAML (or JSON) text spells. Raises Invalid with the line where reading stopped."""
    _check_length(len(text.encode(errors="surrogatepass")))
    try:
        _check_events(text)
        return spec_from_data(yaml.load(text, Loader=_Loader))  # _Loader is a SafeLoader
    except yaml.YAMLError as error:
        raise _unreadable(_where(error)) from error
    except (RecursionError, ValueError) as error:
        raise _unreadable("This text cannot be read.") from error


def spec_from_data(data: Any) -> dict[str, Any]:
    """The same document, known to be a JSON object that hashes and stores. Raises Invalid."""
    if not isinstance(data, dict):
        raise _unreadable("A spec is an object with `name`, `start` and `nodes`.")
    try:
        _check_depth(data)
        size = len(canonical_json(data))
    except (CanonicalizationError, RecursionError, UnicodeError) as error:
        raise _unreadable(f"JSON cannot hold this: {error}.") from error
    _check_length(size)
    return data


def _check_events(text: str) -> None:
    """Aliases let a small text expand to a huge document; they are refused before anything is built."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(None, None, "aliases (`*name`) are not accepted; write it out", event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH or count > MOST_EVENTS:
            raise _unreadable(f"A spec may be nested {DEPTH} deep and have {MOST_EVENTS:,} parts at most.")


def _check_depth(data: Any) -> None:
    level = [data]
    for _ in range(DEPTH + 1):
        if any(isinstance(part, str) and "\0" in part for part in level):
            raise _unreadable("A spec may not hold the character U+0000.")
        level = [item for part in level for item in _items(part)]
        if not level:
            return
    raise _unreadable(f"A spec may be nested {DEPTH} deep at most.")


def _items(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return [*part, *part.values()]
    return part if isinstance(part, list) else []


def _check_length(size: int) -> None:
    if size > DOCUMENT_BYTES:
        detail = f"A spec may have {DOCUMENT_BYTES:,} bytes at most; this one has {size:,}."
        raise Invalid(detail, code="spec_too_large", fields=[field_fault("spec", "too_large", detail)])


def _unreadable(detail: str) -> Invalid:
    return Invalid(detail, code="spec_unreadable", fields=[field_fault("spec", "unreadable", detail)])


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "this is not YAML")
    return f"Line {mark.line + 1}, column {mark.column + 1}: {problem}." if mark else f"{problem}."
