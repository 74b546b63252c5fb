"""Specs as they are sent: JSON, or a YAML file as it is."""

from __future__ import annotations

from typing import IO, Any

from rest_framework.parsers import BaseParser

from countersign.api.parsers import StrictJsonParser
from countersign.errors import Invalid
from workflows.spec.bounds import DOCUMENT_BYTES
from workflows.spec.reading import spec_from_text


class SpecYamlParser(BaseParser):
    """The body is the spec itself: the same as `{"spec": …}` in JSON."""

    media_type = "application/yaml"

    def parse(self, stream: IO[bytes], media_type: str | None = None,
              parser_context: dict[str, Any] | None = None) -> dict[str, Any]:
        body = stream.read(DOCUMENT_BYTES + 1)
        try:
            return {"spec": spec_from_text(body.decode())}
        except UnicodeDecodeError as error:
            raise Invalid("A spec is UTF-8 text.", code="spec_unreadable") from error


PARSERS = [StrictJsonParser, SpecYamlParser]
