"""Serializers that are made once: building one's fields takes several times what using them does.

Only for those that are given no context. What they do with a value depends on nothing else, in any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer


@cache
def kept(serializer: type[Serializer]) -> Serializer:
    return serializer()


def shown(serializer: type[Serializer], value: Any) -> dict[str, Any]:
    """What `serializer(value).data` is."""
    return kept(serializer).to_representation(value)


def all_shown(serializer: type[Serializer], values: Iterable[Any]) -> list[dict[str, Any]]:
    return [kept(serializer).to_representation(value) for value in values]
