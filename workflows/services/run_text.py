"""Refusing what is no text: a binary file handed in as a document, or more than a run may carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from countersign.errors import Invalid, TooLarge, field_fault

INPUT_BYTES = 10 * 1024 * 1024
DEPTH = 64
# NUL and lone surrogates cannot be stored at all; other control characters come from binary files, not from writers.
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")


def check_text(run_input: Any) -> None:
    """Raises Invalid naming each field whose text is binary, TooLarge."""
    faults = [field_fault(field, "not_text", f"This is not text: it holds the character U+{ord(found):04X}.")
              for field, found in _binary(run_input, "input", 0)]
    if faults:
        raise Invalid("Some of the input is not text.", fields=faults[:50])
    if len(json.dumps(run_input, ensure_ascii=False).encode()) > INPUT_BYTES:
        raise TooLarge(f"A run's input may have {INPUT_BYTES // 1024 // 1024} MB at most.")


def _binary(value: Any, field: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEPTH:
        raise Invalid("The input is nested too deeply.",
                      fields=[field_fault("input", "too_deep", f"It may have {DEPTH} levels at most.")])
    match value:
        case str():
            if found := NOT_TEXT.search(value):
                yield field, found.group()
        case dict():
            for key, item in value.items():
                if found := NOT_TEXT.search(str(key)):
                    yield field, found.group()
                yield from _binary(item, f"{field}.{key}", depth + 1)
        case list():
            for index, item in enumerate(value):
                yield from _binary(item, f"{field}.{index}", depth + 1)
