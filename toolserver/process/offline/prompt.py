"""The parts of a prompt that the offline models read: documents, feedback, drafts, checks, and what is asked for."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

_ATTRIBUTES = r'(?:\s+[\w-]+\s*=\s*(?:"[^"]*"|\'[^\']*\'))*'
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True)
class Block:
    """`<tag name="value">text</tag>`; one newline right after the opening tag is not the text's."""

    attributes: dict[str, str]
    text: str


@dataclass(frozen=True)
class Prompt:
    documents: tuple[tuple[str, str], ...]
    feedback: tuple[tuple[str, str], ...]  # (from, text)
    previous_draft: str
    draft: str
    checks: tuple[tuple[str, str], ...]
    instructions: str  # everything outside the blocks


def read_prompt(messages: list[dict[str, Any]]) -> Prompt:
    text = "\n\n".join(_text_of(message.get("content")) for message in messages if message.get("role") != "assistant")
    documents, text = _cut(text, "document")
    feedback, text = _cut(text, "feedback")
    previous, text = _cut(text, "previous_draft")
    drafts, text = _cut(text, "draft")
    checks, text = _cut(text, "check")
    return Prompt(
        documents=_distinct([(block.attributes.get("name") or f"document-{n}", block.text)
                             for n, block in enumerate(documents, 1)]),
        feedback=tuple((block.attributes.get("from", ""), html.unescape(block.text).strip())
                       for block in feedback if block.text.strip()),
        previous_draft=previous[-1].text.strip() if previous else "",
        draft=drafts[-1].text.strip() if drafts else "",
        checks=tuple((block.attributes.get("id") or f"check-{n}", html.unescape(block.text).strip())
                     for n, block in enumerate(checks, 1)),
        instructions=text,
    )


def _text_of(content: Any) -> str:
    if isinstance(content, list):  # OpenAI's content parts
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _cut(text: str, tag: str) -> tuple[list[Block], str]:
    """The blocks of this tag, and the text without them."""
    pattern = re.compile(rf"<{tag}({_ATTRIBUTES})\s*>\n?(.*?)</{tag}\s*>", re.DOTALL)
    blocks = []
    for match in pattern.finditer(text):
        pairs = {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(match[1])}
        blocks.append(Block(pairs, match[2]))
    return blocks, pattern.sub("\n", text)


def _distinct(documents: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Two documents of one name would make links that say the wrong thing: the later gets a number."""
    seen: dict[str, int] = {}
    named = []
    for name, text in documents:
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name} ({seen[name]})", text))
    return tuple(named)
