"""A document understood: what it is called, which releases it tells of, and its statements with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from toolserver.process.offline.blocks import Block, Format, blocks, format_of, front_title
from toolserver.process.offline.dates import Day, find_date
from toolserver.process.offline.inline import clean_markdown, clean_plain, clean_rst, sentences, tidy
from toolserver.process.offline.naming import human_name

LONGEST_STATEMENT = 6000  # characters: what is longer is no statement, and patterns take their time over it

_VERSION = re.compile(r"^[\W_]*(?:[A-Za-z][\w-]*\s+){0,2}?[\[(`]*v?(\d{1,4}(?:\.\d{1,4}){1,3}[\w.+-]*)(.*)$", re.DOTALL)
_CLEAN = {"markdown": clean_markdown, "rst": clean_rst, "plain": clean_plain}


@dataclass(frozen=True)
class Release:
    """One entry of a changelog; `version` is "" where only a date names it."""

    version: str
    date: Day | None
    unreleased: bool
    line: int


@dataclass(frozen=True)
class Statement:
    """A list item or paragraph. `parts` are its sentences, each with the line on which it begins."""

    kind: Literal["item", "paragraph"]
    parts: tuple[tuple[int, str], ...]
    headings: tuple[str, ...]
    release: Release | None
    order: int

    @property
    def line(self) -> int:
        return self.parts[0][0]

    @cached_property
    def text(self) -> str:
        return " ".join(text for _, text in self.parts)


@dataclass(frozen=True, eq=False)
class Document:
    name: str
    title: str
    statements: tuple[Statement, ...]
    releases: tuple[Release, ...]  # those that say something, in the document's order
    worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)  # its candidates, made once

    def __deepcopy__(self, memo: dict[int, Any]) -> Document:
        return self

    def of_release(self, release: Release | None) -> list[Statement]:
        return [s for s in self.statements if s.release == release]


def read_document(name: str, text: str) -> Document:
    format = format_of(name, text)
    headings: list[tuple[int, str]] = []
    release: Release | None = None
    release_level = 0
    statements: list[Statement] = []
    first_heading = ""
    for block in blocks(text, format):
        if block.kind != "heading":
            if statement := _statement(block, format, tuple(h for _, h in headings), release, len(statements)):
                statements.append(statement)
            continue
        said = tidy(_CLEAN[format](block.text))
        if not first_heading and release is None and not _release_of(said, block.line):
            first_heading = said
        headings = [(level, h) for level, h in headings if level < block.level] + [(block.level, said)]
        found = _release_of(said, block.line)
        if found and (release is None or block.level <= release_level):
            release, release_level = found, block.level
        elif release and block.level < release_level:
            release = None
    releases = tuple(dict.fromkeys(s.release for s in statements if s.release))
    title = _title(name, first_heading if format != "plain" else "", text, bool(releases))
    return Document(name, title, tuple(statements), releases)


def _title(name: str, heading: str, text: str, is_changelog: bool) -> str:
    return human_name(name, front_title(text) or heading, is_changelog=is_changelog)


def _statement(block: Block, format: Format, headings: tuple[str, ...], release: Release | None,
               order: int) -> Statement | None:
    cleaned = _CLEAN[format](block.text[:LONGEST_STATEMENT])
    parts = []
    for offset, sentence in sentences(cleaned):
        leading = len(sentence) - len(sentence.lstrip())
        line = block.line + cleaned.count("\n", 0, offset + leading)
        if said := tidy(sentence):
            parts.append((line, said))
    parts = _joined_references(parts)
    kind = "item" if block.kind == "item" else "paragraph"
    return Statement(kind, tuple(parts), headings, release, order) if parts else None


def _joined_references(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """A bracket of issue numbers after the full stop belongs to the sentence before it."""
    joined: list[tuple[int, str]] = []
    for line, said in parts:
        if joined and re.fullmatch(r"\(?#\d+(?:,\s*#\d+)*\)?\.?", said):
            before, text = joined.pop()
            joined.append((before, f"{text.rstrip('.')} ({said.strip('().')})."))
        else:
            joined.append((line, said))
    return joined


def _release_of(heading: str, line: int) -> Release | None:
    """The release that a heading opens: a version first, with at most a date or a mark after it; or a date alone."""
    plain = heading.replace("`", "")
    dated = find_date(plain)
    unreleased = bool(re.search(r"(?i)\bunreleased\b|\bupcoming\b|\bin development\b", plain))
    date = dated[0] if dated else None
    match = _VERSION.match(plain)
    if match and not (dated and dated[1][0] <= match.start(1)) and re.match(r"^[\])`]*\s*(?:$|[-–—(:,\[/])", match[2]):
        return Release(match[1].rstrip(".-"), date, unreleased or "dev" in match[1], line)
    if dated and not re.search(r"\w", plain[:dated[1][0]] + plain[dated[1][1]:]):
        return Release("", date, False, line)
    if unreleased and len(plain.split()) <= 2:
        return Release("", None, True, line)
    return None
