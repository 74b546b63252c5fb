"""A draft read back: its title, sections and items, and where each item says it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_SOURCE = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]\(source:([^()\[\]#\s]+)(?:#L(\d+)(?:-L?\d+)?)?\)")
_LINK = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]\(([^()\[\]\s]+)\)")

_MARKER = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True)
class Item:
    """One list item; `text` is without its label and links, `source` the (document, line) it names first."""

    text: str
    targets: tuple[str, ...]
    source: tuple[str, int | None] | None


@dataclass(frozen=True)
class ReadDraft:
    markdown: str
    titles: tuple[str, ...]
    lead: str
    sections: tuple[str, ...]
    items: tuple[Item, ...]
    quoted: tuple[Item, ...]  # the items, and the paragraphs that name a source


def read_draft(markdown: str) -> ReadDraft:
    lines = markdown.splitlines()
    items = [_item(text) for text in _list_items(lines)]
    paragraphs = [_item(line) for line in lines if _SOURCE.search(line) and not _MARKER.match(line)]
    head = re.split(r"(?m)^## ", markdown)[0]
    return ReadDraft(
        markdown=markdown, titles=tuple(re.findall(r"(?m)^# +(.+?)\s*$", markdown)),
        lead=re.sub(r"(?m)^#.*$", "", head).strip(), sections=tuple(re.findall(r"(?m)^## +(.+?)\s*$", markdown)),
        items=tuple(items), quoted=tuple(items + paragraphs),
    )


def _list_items(lines: list[str]) -> list[str]:
    """Each item with its continuation lines."""
    items: list[str] = []
    is_open = False
    for line in lines:
        if marker := _MARKER.match(line):
            items.append(line[marker.end():])
            is_open = True
        elif is_open and line.strip() and line.startswith(" "):
            items[-1] += f" {line.strip()}"
        else:
            is_open = False
    return items


def _item(text: str) -> Item:
    source = _SOURCE.search(text)
    bare = re.sub(r"\(\s*\)|\(\s*[,;]\s*\)", "", _SOURCE.sub("", text))
    bare = re.sub(r"^\s*\*\*[^*]{1,80}:\*\*\s*", "", bare)
    return Item(
        text=_LINK.sub(lambda match: match[0][1:match[0].index("]")], bare).strip(),
        targets=tuple(_LINK.findall(text)),
        source=(unquote(source[1]), int(source[2]) if source[2] else None) if source else None,
    )
