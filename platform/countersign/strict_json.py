"""Reading JSON that comes from outside: one value with one meaning, or a refusal.

Two readers of one text must never see two things, so duplicate keys, NaN, numbers past a double and half characters
are refused, and so is what is nested too deeply for those who walk it later.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from countersign.errors import BadRequest

HALF_CHARACTER = re.compile("[\ud800-\udfff]")
DEEPEST = 100
MOST_VALUES = 200_000  # objects, lists, keys and what stands in them: each is looked at more than once later


class UnreadableJson(BadRequest):
    code = "parse_error"


def read_json(body: bytes, *, deepest: int = DEEPEST, refused: re.Pattern[str] = HALF_CHARACTER) -> Any:
    """The value. `refused` is what no text in it, and no key, may hold. Raises UnreadableJson."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant,
                           parse_float=_finite)
    except UnicodeDecodeError as error:
        raise UnreadableJson("The body is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableJson("The body is not JSON, or not unambiguous JSON.") from error
    _check_values(value, deepest, refused)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _check_values(value: Any, deepest: int, refused: re.Pattern[str]) -> None:
    level, depth, count = [value], 0, 0
    while level:
        depth += 1
        count += len(level)
        if count > MOST_VALUES:
            raise UnreadableJson(f"The body has more than {MOST_VALUES:,} values.")
        if depth > deepest:
            raise UnreadableJson(f"The body is nested deeper than {deepest} levels.")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.keys())
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and refused.search(item):
                raise UnreadableJson("The body holds a character that cannot be kept: half of one, or a NUL.")
        level = below
