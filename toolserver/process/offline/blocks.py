"""Markdown, reStructuredText and plain text cut into headings, list items and paragraphs that know their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Format = Literal["markdown", "rst", "plain"]

_ITEM = re.compile(r"^(\s*)(?:[-*+•]|\d{1,3}[.)]|#\.|\([a-z]{1,3}\))\s+(?=\S)")
_ATX = re.compile(r"^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_RULE = re.compile(r"^\s*([-*_=])(?:\s*\1){2,}\s*$")
_RST_LINE = re.compile(r"^([=\-`:'\"~^_*+#<>.!])\1{2,}\s*$")
_FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """`line` is that of the text's first line (from 1); the text's newlines are the source's."""

    kind: Literal["heading", "item", "paragraph"]
    line: int
    text: str
    level: int = 0


def format_of(name: str, text: str) -> Format:
    """By the name's ending; else by what the text looks like."""
    ending = name.rpartition(".")[2].lower()
    if ending in ("md", "markdown", "mdown"):
        return "markdown"
    if ending in ("rst", "rest"):
        return "rst"
    if re.search(r"^\.\. [\w_|]", text, re.MULTILINE) and re.search(r"^(?:=|-|\^|~){4,}\s*$", text, re.MULTILINE):
        return "rst"
    if re.search(r"^#{1,6} \S|\]\(|^[*-] .*`", text, re.MULTILINE):
        return "markdown"
    return "plain"


def front_title(text: str) -> str:
    """The `title:` of a Markdown file's front matter, or ""."""
    if not text.startswith("---"):
        return ""
    head = text[3:].partition("\n---")
    match = _FRONT_TITLE.search(head[0]) if head[1] else None
    return match[1] if match else ""


def blocks(text: str, format: Format) -> list[Block]:
    lines = text.expandtabs(4).splitlines()
    if format == "rst":
        return list(_gathered(_mark_rst(lines)))
    return list(_gathered(_mark_markdown(lines) if format == "markdown" else _mark_plain(lines)))


@dataclass(frozen=True)
class _Mark:
    """What one line is: the start of something, more of it (`text`), or an end (`break`)."""

    kind: Literal["heading", "item", "text", "break"]
    line: int
    text: str = ""
    level: int = 0


def _gathered(marks: Iterator[_Mark]) -> Iterator[Block]:
    open_block: Block | None = None
    for mark in [*marks, _Mark("break", 0)]:
        if mark.kind == "text" and open_block:
            open_block = replace(open_block, text=f"{open_block.text}\n{mark.text}")
            continue
        if open_block:
            yield open_block
        open_block = None
        if mark.kind == "heading":
            yield Block("heading", mark.line, mark.text, mark.level)
        elif mark.kind in ("item", "text"):
            open_block = Block("item" if mark.kind == "item" else "paragraph", mark.line, mark.text, mark.level)


def _mark_markdown(lines: list[str]) -> Iterator[_Mark]:
    fence = ""
    in_list = False
    skip_to = _front_matter_end(lines)
    for n, line in enumerate(lines, 1):
        following = lines[n] if n < len(lines) else ""
        opened = _FENCE.match(line)
        if n <= skip_to or fence or opened:
            if n > skip_to and opened and (not fence or opened[1].startswith(fence)):
                fence = "" if fence else opened[1]
            yield _Mark("break", n)
            continue
        line = re.sub(r"^\s{0,3}(?:> ?)+", "", line)
        if heading := _ATX.match(line):
            in_list = False
            yield _Mark("heading", n, heading[2] or "", len(heading[1]))
        elif re.match(r"^\s{0,3}(=+|-{2,})\s*$", following) and line.strip() and not _ITEM.match(line) \
                and (n < 2 or not lines[n - 2].strip()):
            skip_to, in_list = n + 1, False
            yield _Mark("heading", n, line.strip(), 1 if "=" in following else 2)
        elif item := _ITEM.match(line):
            in_list = True
            yield _Mark("item", n, line[item.end():].strip(), len(item[1]))
        elif not line.strip() or _RULE.match(line) or _is_markdown_furniture(line, in_list):
            yield _Mark("break", n)
        else:
            in_list = in_list and line.startswith(" ")
            yield _Mark("text", n, line.strip())


def _front_matter_end(lines: list[str]) -> int:
    """How many lines the front matter takes; 0 without one."""
    if not lines or lines[0].strip() != "---":
        return 0
    return next((n for n, line in enumerate(lines[1:], 2) if line.strip() == "---"), 0)


def _is_markdown_furniture(line: str, in_list: bool) -> bool:
    """Tables, link definitions, lone tags, and code by indentation."""
    return bool(re.match(r"^\s*\||^\s*\[[^\]]+\]:\s|^\s*</?[A-Za-z!][^>]*>\s*$", line)
                or (line.startswith("    ") and not in_list))


def _mark_rst(lines: list[str]) -> Iterator[_Mark]:
    levels: list[str] = []
    skip_to = 0
    for n, line in enumerate(lines, 1):
        if n <= skip_to:
            yield _Mark("break", n)
            continue
        following = lines[n] if n < len(lines) else ""
        if line.strip() and not _RST_LINE.match(line) and _RST_LINE.match(following) and not line.startswith(" ") \
                and len(following.strip()) >= min(len(line.strip()), 3):
            mark = following.strip()[0]
            levels += [] if mark in levels else [mark]
            skip_to = n + 1
            yield _Mark("heading", n, line.strip(), levels.index(mark) + 1)
        elif re.match(r"^\s*\.\.(?:\s|$)", line) or re.match(r"^\s*:[\w -]+:(?:\s|$)", line):
            skip_to = _end_of_indented(lines, n)
            yield _Mark("break", n)
        elif item := _ITEM.match(line):
            yield _Mark("item", n, line[item.end():].strip(), len(item[1]))
        elif not line.strip() or _RST_LINE.match(line) or re.match(r"^\s*(?:[+|]|>>>)", line):
            yield _Mark("break", n)
        else:
            if line.rstrip().endswith("::"):
                skip_to = _end_of_indented(lines, n)
            yield _Mark("text", n, line.strip())


def _end_of_indented(lines: list[str], start: int) -> int:
    """The last line of what is indented deeper than line `start` and follows it."""
    depth = len(lines[start - 1]) - len(lines[start - 1].lstrip())
    end = start
    for n, line in enumerate(lines[start:], start + 1):
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        end = n
    return end


def _mark_plain(lines: list[str]) -> Iterator[_Mark]:
    for n, line in enumerate(lines, 1):
        alone = (n < 2 or not lines[n - 2].strip()) and (n >= len(lines) or not lines[n].strip())
        if not line.strip() or _RULE.match(line):
            yield _Mark("break", n)
        elif alone and _is_plain_heading(line.strip()):
            yield _Mark("heading", n, line.strip(), 2)
        elif (item := _ITEM.match(line)) and not re.match(r"^\s*\d", line):
            yield _Mark("item", n, line[item.end():].strip(), len(item[1]))
        else:
            yield _Mark("text", n, line.strip())


def _is_plain_heading(line: str) -> bool:
    words = line.split()
    return len(words) <= 10 and len(line) <= 80 and not re.search(r"[.!?;,:]$", re.sub(r"^\d+\.|\.$", "", line)) \
        and not re.match(r"^(?:[-*+•]\s|https?://)", line)
