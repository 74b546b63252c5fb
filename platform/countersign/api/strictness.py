"""What is sent has the JSON type that the document says: a number is no text, "yes" is no boolean.

DRF's fields turn the one into the other, so that a mistake is kept instead of told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

from countersign.errors import Invalid, field_fault

_TYPES: tuple[tuple[tuple[type[serializers.Field], ...], tuple[type, ...], str], ...] = (
    ((serializers.CharField, serializers.UUIDField, serializers.DateTimeField, serializers.ChoiceField), (str,),
     "a text"),
    ((serializers.BooleanField,), (bool,), "true or false"),
    ((serializers.IntegerField,), (int,), "a whole number"),
    ((serializers.FloatField,), (int, float), "a number"),
    ((serializers.ListField,), (list,), "a list"),
    ((serializers.DictField,), (dict,), "an object"),
)


def refuse_other_types(serializer: serializers.BaseSerializer, data: Any) -> None:
    """Raises Invalid, naming each value of another type. What is missing, or null, is looked at by the serializer."""
    if faults := list(_faults(serializer, data, "")):
        raise Invalid(fields=faults)


def _faults(field: serializers.Field, value: Any, path: str) -> Iterator[dict[str, str]]:
    if value is None:
        return
    if isinstance(field, serializers.ListSerializer | serializers.ListField) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(field.child, item, f"{path}.{index}".lstrip("."))
    elif isinstance(field, serializers.Serializer) and isinstance(value, dict):
        for name, inner in field.fields.items():
            if name in value and not inner.read_only:
                yield from _faults(inner, value[name], f"{path}.{name}".lstrip("."))
    else:
        for fields, types, words in _TYPES:
            if isinstance(field, fields) and not _is(value, types):
                yield field_fault(path, "invalid_type", f"This is {words} in JSON.")


def _is(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))
