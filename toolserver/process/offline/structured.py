"""A draft put into the fields of a JSON schema, by what their names say. What cannot be filled is refused."""

from __future__ import annotations

import re
from typing import Any

import jsonschema

from toolserver.process.offline.words import word_count


class CannotFill(ValueError):
    """The schema asks for something that an extract does not hold."""


def schema_asked_for(options: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of `response_format`; `{}` for plain JSON mode, None when text is wanted."""
    wanted = options.get("response_format")
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_object":
        return {}
    if wanted.get("type") != "json_schema":
        return None
    holder = wanted.get("json_schema") or {}
    return holder.get("schema") or {}


def fill_schema(schema: dict[str, Any], draft: str) -> Any:
    """Raises CannotFill."""
    content = _read(draft)
    value = {"title": content["title"], "text": draft} if not schema.get("properties") else _fill(schema, content, "")
    validate(value, schema)
    return value


def validate(value: Any, schema: dict[str, Any]) -> None:
    """Raises CannotFill when the value is not what the schema asks for."""
    try:
        jsonschema.validate(value, schema)
    except (jsonschema.ValidationError, jsonschema.SchemaError) as error:
        path = ".".join(map(str, error.absolute_path)) or "the answer"
        said = f"The offline models cannot answer in this schema: at {path}, {error.message[:200]}"
        raise CannotFill(said) from error


def _read(draft: str) -> dict[str, Any]:
    """Title, lead, sections and their items, read back from the Markdown."""
    head, *sections = re.split(r"(?m)^## ", draft.partition("\n---\n")[0])
    title = re.search(r"(?m)^# (.+)$", head)
    parsed = []
    for section in sections:
        heading, _, body = section.partition("\n")
        items = [re.sub(r"^- ", "", line) for line in body.splitlines() if line.startswith("- ")]
        parsed.append({"title": heading.strip(), "text": body.strip(), "items": items})
    return {"title": title[1] if title else "", "lead": re.sub(r"(?m)^# .+$", "", head).strip(), "text": draft,
            "sections": parsed, "items": [item for section in parsed for item in section["items"]],
            "sources": sorted(set(re.findall(r"\(source:([^)#]+)", draft))), "words": word_count(draft)}


_FIELDS: tuple[tuple[str, str], ...] = (
    (r"title|headline|subject|heading|name", "title"),
    (r"lead|summary|abstract|intro(?:duction)?|teaser|description", "lead"),
    (r"sections?|parts|chapters|topics", "sections"),
    (r"items?|highlights|points|bullets|entries|facts|key_points", "items"),
    (r"sources?|documents|references|links", "sources"),
    (r"words?|word_count|length", "words"),
    (r"text|body|content|draft|newsletter|markdown|article|answer|output|result|quote|sentence", "text"),
)


def _fill(schema: dict[str, Any], content: dict[str, Any], path: str) -> dict[str, Any]:
    filled = {}
    for name, wanted in schema.get("properties", {}).items():
        here = f"{path}.{name}".strip(".")
        value = _field(name, wanted, content, here)
        if value is not None:
            filled[name] = value
        elif name in schema.get("required", []):
            raise CannotFill(f"The offline writer cannot fill {here!r}: nothing that it extracts has that meaning.")
    return filled


def _field(name: str, wanted: dict[str, Any], content: dict[str, Any], path: str) -> Any:
    meaning = next((key for pattern, key in _FIELDS if re.fullmatch(pattern, name.lower())), None)
    kind = wanted.get("type")
    if "const" in wanted:
        return wanted["const"]
    if meaning is None or content.get(meaning) in (None, "", []):
        return None
    value = content[meaning]
    if kind == "array":
        return _array(wanted, value if isinstance(value, list) else [value], path)
    if kind == "string":
        text = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        return text[:wanted["maxLength"]] if "maxLength" in wanted and meaning == "title" else text
    return value if kind in ("integer", "number") and isinstance(value, int) else None


def _array(wanted: dict[str, Any], values: list[Any], path: str) -> list[Any] | None:
    inner = wanted.get("items") or {}
    values = values[:wanted.get("maxItems", len(values))]
    if inner.get("type") == "object":
        return [_fill(inner, value if isinstance(value, dict) else {"text": value, "title": value}, f"{path}.0")
                for value in values]
    return [value if isinstance(value, str) else value.get("title", "") for value in values]
