"""How bodies of the API are read."""

from __future__ import annotations

from typing import IO, Any

from rest_framework import renderers
from rest_framework.parsers import BaseParser

from countersign.strict_json import read_json


class StrictJsonParser(BaseParser):
    media_type = "application/json"
    renderer_class = renderers.JSONRenderer

    def parse(self, stream: IO[bytes], media_type: str | None = None,
              parser_context: dict[str, Any] | None = None) -> Any:
        """Raises UnreadableJson."""
        return read_json(stream.read())
