"""A run's input and the JSON Schema (2020-12) that a spec states for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError as DjangoInvalid
from django.core.validators import validate_email
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry

from countersign.errors import Invalid, field_fault
from workflows.spec.dialect import CHARACTERS_A_STEP, META_SCHEMA, URI, Validator
from workflows.spec.work import TooMuchWork, Work, bounded_work

# References can loop and reach out; a regular expression can take longer than the universe has, and so can asking at
# each level what the levels below have looked at. Forms need none of it.
REFUSED_KEYWORDS = frozenset({"$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$schema",
                              "pattern", "patternProperties", "unevaluatedItems", "unevaluatedProperties"})
BY_NAME = frozenset({"properties", "dependentSchemas", "$defs"})
DATA = frozenset({"default", "const", "enum", "examples", "required", "dependentRequired"})
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
              for path in islice(_keyword_paths(schema), MOST_FAULTS)]
    with bounded_work():
        faults += _faults(META_SCHEMA, schema, field, code="invalid_schema")
        if faults:
            return faults
        if not isinstance(schema, dict) or schema.get("type") != "object":
            return [field_fault(_path(field, ["type"]), "not_an_object", "The schema must say `type: object`.")]
        return list(islice(_default_faults(schema, field), MOST_FAULTS))


def check_input(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """The input with the schema's defaults filled in. Raises Invalid naming every faulty field as `input.<path>`."""
    with bounded_work() as work:
        try:
            value = _with_defaults(schema, copy.deepcopy(value), work)
        except TooMuchWork:
            raise Invalid(fields=[_too_much("input")]) from None
        faults = value_faults(schema, value, "input")
    if faults:
        raise Invalid("The input does not fit this workflow.", fields=faults)
    return value


def value_faults(schema: dict[str, Any], value: Any, field: str) -> list[dict[str, str]]:
    """Of many, the first ones."""
    with bounded_work():
        return _faults(schema, value, field)


def _faults(schema: dict[str, Any], value: Any, field: str, code: str = "") -> list[dict[str, str]]:
    validator = Validator(schema, format_checker=_formats, registry=Registry())  # fetches nothing
    faults: list[dict[str, str]] = []
    try:
        for error in islice(validator.iter_errors(value), MOST_FAULTS):
            faults.append(field_fault(_path(field, error.absolute_path), code or _code(error), _sentence(error)))
    except TooMuchWork:
        faults.append(_too_much(field))
    except OverflowError:
        faults.append(field_fault(field, "out_of_range", "A number in this is too large to be compared."))
    return faults


def _code(error: ValidationError) -> str:
    extra = error.validator == "additionalProperties" and error.validator_value is False
    return "unknown_field" if extra else str(error.validator)


def _too_much(field: str) -> dict[str, str]:
    return field_fault(field, "too_much_work",
                       "Checking this takes too many steps. Make the schema simpler, or the value shorter.")


def _keyword_paths(schema: Any, path: tuple[Any, ...] = (), by_name: bool = False) -> Iterator[tuple[Any, ...]]:
    """Of keywords that are refused. What stands `by_name` are schemas: a property may be called `pattern`."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _keyword_paths(item, (*path, index))
    elif isinstance(schema, dict):
        for key, item in schema.items():
            if by_name:
                yield from _keyword_paths(item, (*path, key))
            elif key in REFUSED_KEYWORDS and not (key == "$schema" and item == URI and not path):
                yield (*path, key)
            elif key not in DATA:
                yield from _keyword_paths(item, (*path, key), by_name=key in BY_NAME)


def _default_faults(schema: dict[str, Any], field: str) -> Iterator[dict[str, str]]:
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, dict):
            continue
        inside = f"{field}.properties.{name}"
        if "default" in part:
            yield from value_faults(part, part["default"], f"{inside}.default")
        yield from _default_faults(part, inside)


def _with_defaults(schema: Any, value: Any, work: Work) -> Any:
    """Raises TooMuchWork: a few items can ask for a large default each."""
    if not isinstance(schema, dict):
        return value
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        work.take(1 + len(properties))
        for name, part in properties.items():
            if isinstance(part, dict) and "default" in part and name not in value:
                work.take(len(json.dumps(part["default"])) // CHARACTERS_A_STEP)
                value[name] = copy.deepcopy(part["default"])
            if name in value:
                value[name] = _with_defaults(part, value[name], work)
    elif isinstance(value, list) and "items" in schema:
        return [_with_defaults(schema["items"], item, work) for item in value]
    return value


def _path(field: str, path: Iterable[Any]) -> str:
    return ".".join([field, *map(str, path)])


def _sentence(error: ValidationError) -> str:
    """jsonschema quotes the whole value; a document of 400,000 characters is no help in a sentence."""
    message = error.message if len(error.message) <= 300 else f"{error.message[:120]} … {error.message[-120:]}"
    match error.validator:
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
