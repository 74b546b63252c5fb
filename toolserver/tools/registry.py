"""The adapters there are, how they describe themselves, and the hash that pins what was approved."""

from __future__ import annotations

from functools import cache
from typing import Any

from countersign.canonical import content_hash
from toolserver.tools.contract import Adapter
from toolserver.tools.email_send import EmailSend
from toolserver.tools.files_write import FilesWrite

ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (FilesWrite(), EmailSend())}

# Keys of JSON Schema that say something to people and nothing to a validator.
WORDS = ("title", "description", "examples", "$comment")


@cache
def input_schema(adapter: Adapter) -> dict[str, Any]:
    """Made once a process, and shared: nobody changes it."""
    return adapter.arguments.model_json_schema()


@cache
def schema_hash(adapter: Adapter) -> str:
    """The hash of what executes: name, input schema and hints. Rewording a description voids no approval."""
    return content_hash({"name": adapter.name, "inputSchema": _wordless(input_schema(adapter)),
                         "annotations": adapter.annotations})


def _wordless(schema: Any, *, names: bool = False) -> Any:
    """The schema without its words. `names`: the keys here are the caller's own names, not keywords."""
    if isinstance(schema, list):
        return [_wordless(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: value if key in ("const", "default", "enum") and not names else
            _wordless(value, names=not names and key in ("properties", "$defs", "patternProperties"))
            for key, value in schema.items() if names or key not in WORDS}
