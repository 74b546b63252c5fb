"""What both sides of the bench work on: the same documents, and models and tools that answer at once."""

from __future__ import annotations

from typing import Any

INPUT: dict[str, Any] = {
    "title": "What is new", "recipients": ["a@example.org", "b@example.org"], "max_words": 900,
    "documents": [
        {"name": "rain.md", "text": "# Rain\n\n- It rained for three days and the river rose by a metre.\n"
                                    "- The bridge was closed on Tuesday; repairs begin next week.\n"},
        {"name": "library.md", "text": "# Library\n\n- The library opens on Sundays from May on.\n"
                                       "- 300 new books arrived, most of them for children.\n"}],
}
DRAFT = """# What is new

After three days of rain the bridge is closed, and the library opens on Sundays.

## Rain

- The river rose by a metre. [rain.md, line 3](source:rain.md#L3)
- The bridge is closed; repairs begin next week. [rain.md, line 4](source:rain.md#L4)

## Library

- From May on it opens on Sundays. [library.md, line 3](source:library.md#L3)
- 300 new books arrived, most of them for children. [library.md, line 4](source:library.md#L4)
"""
VERDICT = ('{"verdict": "pass", "summary": "Every item has its source.", "checks": ['
           '{"id": "title", "passed": true, "note": ""}, {"id": "lead", "passed": true, "note": ""}, '
           '{"id": "sourced", "passed": true, "note": ""}, {"id": "faithful", "passed": true, "note": ""}, '
           '{"id": "duplicates", "passed": true, "note": ""}, {"id": "tidy", "passed": true, "note": ""}, '
           '{"id": "important", "passed": true, "note": ""}]}')
TOOL_RESULTS: dict[str, dict[str, Any]] = {
    "files.write": {"name": "newsletter.md", "size": len(DRAFT)},
    "email.send": {"accepted": INPUT["recipients"], "message_id": "<1@example.org>"},
}
