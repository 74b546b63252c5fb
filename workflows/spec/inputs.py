"""A run's input and the JSON Schema (2020-12) that a spec states for it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoInvalid
from django.core.validators import validate_email
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry

from countersign.errors import Invalid, field_fault

# References can loop and reach out; a regular expression can take longer than the universe has. Forms need neither.
REFUSED_KEYWORDS = frozenset({"$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$vocabulary",
                              "pattern", "patternProperties"})
MOST_FAULTS = 50

_formats = FormatChecker(formats=["date", "date-time", "time", "uuid", "ipv4", "ipv6", "uri"])


@_formats.checks("email", raises=DjangoInvalid)
def _is_email(value: object) -> bool:
    if isinstance(value, str):
        validate_email(value)
    return True


def schema_faults(schema: Any, field: str) -> list[dict[str, str]]:
    """What is wrong with a JSON Schema of an object, and with the defaults that stand in it."""
    faults = [field_fault(_path(field, path), "unsupported_keyword", f"`{path[-1]}` cannot be used in this schema.")
              for path in _keyword_paths(schema)]
    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for error in list(checker.iter_errors(schema))[:MOST_FAULTS]:
        faults.append(field_fault(_path(field, error.absolute_path), "invalid_schema", _sentence(error)))
    if faults:
        return faults
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return [field_fault(_path(field, ["type"]), "not_an_object", "The schema must say `type: object`.")]
    return list(_default_faults(schema, field))


def check_input(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """The input with the schema's defaults filled in. Raises Invalid naming every faulty field as `input.<path>`."""
    value = _with_defaults(schema, copy.deepcopy(value))
    faults = list(value_faults(schema, value, "input"))
    if faults:
        raise Invalid("The input does not fit this workflow.", fields=faults)
    return value


def value_faults(schema: dict[str, Any], value: Any, field: str) -> Iterator[dict[str, str]]:
    validator = Draft202012Validator(schema, format_checker=_formats, registry=Registry())  # fetches nothing
    for count, error in enumerate(validator.iter_errors(value)):
        if count == MOST_FAULTS:
            return
        path = list(error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            path.append(next(name for name in missing if f"'{name}'" in error.message))
        if error.validator == "additionalProperties" and error.validator_value is False:
            for name in sorted(set(error.instance) - set(error.schema.get("properties", {}))):
                yield field_fault(_path(field, [*path, name]), "unknown_field", "The input has no such field.")
            continue
        yield field_fault(_path(field, path), str(error.validator), _sentence(error))


def _keyword_paths(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _keyword_paths(item, (*path, index))
    elif isinstance(schema, dict):
        names = path[-1:] == ("properties",)  # a property may be called `pattern`
        for key, item in schema.items():
            if key in REFUSED_KEYWORDS and not names:
                yield (*path, key)
            elif names or key not in ("default", "const", "enum", "examples"):
                yield from _keyword_paths(item, (*path, key))


def _default_faults(schema: dict[str, Any], field: str) -> Iterator[dict[str, str]]:
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, dict):
            continue
        inside = f"{field}.properties.{name}"
        if "default" in part:
            yield from value_faults(part, part["default"], f"{inside}.default")
        yield from _default_faults(part, inside)


def _with_defaults(schema: Any, value: Any) -> Any:
    if not isinstance(schema, dict):
        return value
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if isinstance(part, dict) and "default" in part and name not in value:
                value[name] = copy.deepcopy(part["default"])
            if name in value:
                value[name] = _with_defaults(part, value[name])
    elif isinstance(value, list) and "items" in schema:
        return [_with_defaults(schema["items"], item) for item in value]
    return value


def _path(field: str, path: Iterable[Any]) -> str:
    return ".".join([field, *map(str, path)])


def _sentence(error: ValidationError) -> str:
    """jsonschema quotes the whole value; a document of 400,000 characters is no help in a sentence."""
    message = error.message if len(error.message) <= 300 else f"{error.message[:120]} … {error.message[-120:]}"
    match error.validator:
        case "required":
            return "This is required."
        case "maxLength":
            return f"This may have {error.validator_value:,} characters at most; it has {len(error.instance):,}."
        case "minLength":
            return f"This needs at least {error.validator_value:,} characters."
        case "minItems":
            return f"This needs at least {error.validator_value:,} entries."
        case "maxItems":
            return f"This may have {error.validator_value:,} entries at most."
        case "type":
            return f"This must be of type {error.validator_value}."
        case "format":
            return f"This is not a valid {error.validator_value}."
    return message[0].upper() + message[1:] + "."
