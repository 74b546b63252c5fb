"""Deterministic checks of a draft: the part of a supervisor's verdict that needs no model.

A number or list may be given as a template of one expression, such as `{{ input.documents | length }}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field

from countersign.markdown import MarkdownIt
from workflows.errors import TemplateFailed
from workflows.spec.templates import render

Expression = Annotated[str, Field(max_length=1000, json_schema_extra={"pattern": r"^\s*\{\{.*\}\}\s*$"})]
Count = Annotated[int, Field(ge=0, le=1_000_000)] | Expression
Phrases = Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=200)] | Expression


class _Check(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(min_length=1, max_length=40, json_schema_extra={"pattern": r"^[a-z][a-z0-9_]{0,39}$"})]


class Sections(_Check):
    """At least `min` second-level headings, and one that mentions each of `names`."""

    type: Literal["sections"]
    min: Count = 1
    names: Phrases = []


class Length(_Check):
    """Counted in words of the Markdown source, link targets left out."""

    type: Literal["length"]
    min_words: Count | None = None
    max_words: Count | None = None


class Links(_Check):
    """Every list item holds a link; with `sources`, one to `source:<name>` of a name in the list."""

    type: Literal["links"]
    sources: Phrases | None = None
    min: Count = 0


class Required(_Check):
    type: Literal["required"]
    phrases: Phrases


class Banned(_Check):
    type: Literal["banned"]
    phrases: Phrases


Check = Sections | Length | Links | Required | Banned


@dataclass(frozen=True)
class CheckResult:
    """`note` tells a writer what to change; it is empty for a check that passed."""

    id: str
    passed: bool
    note: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_checks(checks: Iterable[Check], draft: str | dict, names: Mapping[str, Any]) -> list[CheckResult]:
    """Judge a draft; `names` is what templates see. A structured draft is judged as its JSON text.

    Raises TemplateFailed when an expression does not give the number or list that its check needs.
    """
    text = _Draft(draft if isinstance(draft, str) else json.dumps(draft, ensure_ascii=False))
    results = []
    for check in checks:
        faults = _JUDGES[check.type](check, text, names)
        results.append(CheckResult(id=check.id, passed=not faults, note=" ".join(faults)))
    return results


def _judge_sections(check: Sections, text: _Draft, names: Mapping[str, Any]) -> list[str]:
    headings = list(_headings(text))
    least = _count(check.min, names)
    faults = []
    if len(headings) < least:
        faults.append(f"It has {len(headings)} `## ` sections; it needs at least {least}.")
    missing = [name for name in _phrases(check.names, names) if not any(_mentions(h, name) for h in headings)]
    if missing:
        faults.append(f"No `## ` section is about {_listed(missing)}.")
    return faults


def _judge_length(check: Length, text: str, names: Mapping[str, Any]) -> list[str]:
    words = len(re.findall(r"\w[\w'’.-]*", re.sub(r"\]\([^)]*\)", "]", text)))
    if check.min_words is not None and words < (least := _count(check.min_words, names)):
        return [f"It has {words} words; it needs at least {least}."]
    if check.max_words is not None and words > (most := _count(check.max_words, names)):
        return [f"It has {words} words; it may have {most} at most."]
    return []


def _judge_links(check: Links, text: _Draft, names: Mapping[str, Any]) -> list[str]:
    items = list(_list_items(text))
    least = _count(check.min, names)
    faults = []
    if len(items) < least:
        faults.append(f"It has {len(items)} list items; it needs at least {least}.")
    sources = None if check.sources is None else _phrases(check.sources, names)
    unlinked = [words for words, targets in items if not _is_linked(targets, sources)]
    if unlinked:
        kind = "link" if sources is None else "link to one of its sources"
        shown = "; ".join(f"“{words[:60]}”" for words in unlinked[:5])
        more = f" and {len(unlinked) - 5} more" if len(unlinked) > 5 else ""
        faults.append(f"These list items hold no {kind}: {shown}{more}.")
    return faults


def _judge_required(check: Required, text: str, names: Mapping[str, Any]) -> list[str]:
    missing = [phrase for phrase in _phrases(check.phrases, names) if not _mentions(text, phrase)]
    return [f"It does not say {_listed(missing)}."] if missing else []


def _judge_banned(check: Banned, text: str, names: Mapping[str, Any]) -> list[str]:
    found = [phrase for phrase in _phrases(check.phrases, names) if _mentions(text, phrase)]
    return [f"It must not say {_listed(found)}."] if found else []


_JUDGES: dict[str, Callable[[Any, _Draft, Mapping[str, Any]], list[str]]] = {
    "sections": _judge_sections, "length": _judge_length, "links": _judge_links,
    "required": _judge_required, "banned": _judge_banned,
}


def _count(value: int | str, names: Mapping[str, Any]) -> int:
    count = render(value, names) if isinstance(value, str) else value
    if isinstance(count, bool) or not isinstance(count, int | float):
        raise TemplateFailed(f"{value!r} must give a number; it gave {count!r:.100}.")
    return int(count)


def _phrases(value: list[str] | str, names: Mapping[str, Any]) -> list[str]:
    phrases = render(value, names) if isinstance(value, str) else value
    if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
        raise TemplateFailed(f"{value!r} must give a list of texts; it gave {phrases!r:.100}.")
    return phrases


def _mentions(text: str, phrase: str) -> bool:
    """Whole words, whatever their case and spacing."""
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None


def _listed(phrases: list[str]) -> str:
    return ", ".join(f"“{phrase}”" for phrase in phrases)


class _Draft(str):
    """A draft's text, parsed once for all of its checks."""

    @cached_property
    def tokens(self) -> list[Token]:
        return _markdown().parse(self)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _headings(draft: _Draft) -> Iterable[str]:
    for opening, inline in pairwise(draft.tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            yield inline.content


def _list_items(draft: _Draft) -> Iterable[tuple[str, list[str]]]:
    """Each list item's own words and link targets; what a nested list holds is its items'."""
    open_items: list[tuple[list[str], list[str]]] = []
    for token in draft.tokens:
        if token.type == "list_item_open":
            open_items.append(([], []))
        elif token.type == "list_item_close":
            words, targets = open_items.pop()
            yield " ".join(words), targets
        elif token.type == "inline" and open_items:
            words, targets = open_items[-1]
            words.append(token.content)
            targets += [str(child.attrGet("href") or "") for child in token.children or [] if child.type == "link_open"]


def _is_linked(targets: list[str], sources: list[str] | None) -> bool:
    if sources is None:
        return any(targets)
    known = {f"source:{name}".casefold() for name in sources}
    return any(unquote(target.partition("#L")[0]).casefold() in known for target in targets)
