"""JSON Schema (2020-12) as jsonschema checks it, but in bounded work: what it does step by step is counted, and what it
does pair by pair (`uniqueItems`, `enum`, `const`) is done by comparing written forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from jsonschema_specifications import REGISTRY

from workflows.spec.work import current_work

URI = "https://json-schema.org/draft/2020-12/schema"
CHARACTERS_A_STEP = 50

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


def _form(value: Any) -> str:
    """The same text for values that JSON Schema calls equal: whatever the order of keys, and 1.0 for 1."""
    text = json.dumps(value)
    current_work().take(1 + len(text) // CHARACTERS_A_STEP)
    if not isinstance(value, dict | list | float):
        return text
    return json.dumps(json.loads(text, parse_float=_number), sort_keys=True)


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list) and len(set(map(_form, instance))) < len(instance):
        yield ValidationError("Two of these are the same")


def _enum(validator: Any, allowed: list[Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    form = _form(instance)
    if all(_form(each) != form for each in allowed):
        shown = json.dumps(allowed, ensure_ascii=False)
        yield ValidationError(f"This is not one of {shown}")


def _const(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if _form(wanted) != _form(instance):
        yield ValidationError(f"This must be {json.dumps(wanted, ensure_ascii=False)}")


def _required(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[ValidationError]:
    """At the path of what is missing."""
    for name in names if isinstance(instance, dict) else ():
        if name not in instance:
            yield ValidationError("This is required", path=[name])


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """At the path of what is too much, where nothing more is allowed."""
    if allowed is not False or "patternProperties" in schema:
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, allowed, instance, schema) or ()
    elif isinstance(instance, dict):
        for name in sorted(set(instance) - set(schema.get("properties", {}))):
            yield ValidationError("The input has no such field", path=[name])


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    current_work().take(len(instance) // CHARACTERS_A_STEP if isinstance(instance, str) else 0)
    yield from Draft202012Validator.VALIDATORS["format"](validator, name, instance, schema)


def _counted(keyword: Keyword) -> Keyword:
    """What a keyword complains of quotes the value, of whatever size."""
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        work = current_work()
        work.take(1 + (len(value) if isinstance(value, dict | list) else 0))
        for error in keyword(validator, value, instance, schema) or ():
            work.take(len(error.message) // CHARACTERS_A_STEP)
            yield error

    return check


def _one_meta_schema() -> dict[str, Any]:
    """The meta-schema's vocabularies as one: there, each part of a schema is gone through once for every vocabulary."""
    parts = [REGISTRY.contents(f"https://json-schema.org/draft/2020-12/{part['$ref']}")
             for part in Draft202012Validator.META_SCHEMA["allOf"]]
    merged = {key: {name: schema for part in parts for name, schema in part.get(key, {}).items()}
              for key in ("properties", "$defs")}
    return {"type": ["object", "boolean"], **json.loads(
        json.dumps(merged).replace('{"$dynamicRef": "#meta"}', '{"$ref": "#"}'))}


META_SCHEMA = _one_meta_schema()
Validator = validators.extend(Draft202012Validator, {
    name: _counted(keyword) for name, keyword in {
        **Draft202012Validator.VALIDATORS, "uniqueItems": _unique_items, "enum": _enum, "const": _const,
        "required": _required, "additionalProperties": _additional_properties, "format": _format}.items()})
