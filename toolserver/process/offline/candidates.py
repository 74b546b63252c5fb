"""What a newsletter could say: each candidate one short quotation, scored by how much a reader would want it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from toolserver.process.offline.documents import Document, Release, Statement
from toolserver.process.offline.topics import Topic, topics_of, weight
from toolserver.process.offline.words import stems

LONGEST = 45  # words of one quotation
ENOUGH = 5  # a changelog is read back, release by release, until it has this much to say

_ELSEWHERE = re.compile(r"(?i)^(?:see\b|for (?:more|details|full)|read more|note,? that\b|thanks\b|contributed by|"
                        r"learn more|refer to|more information|check out|full changelog|copyright\b|"
                        r"all notable changes)")
_FURNITURE = re.compile(r"(?i)\b(?:references|further reading|contributors|acknowledge?ments|table of contents|credits|"
                        r"make suggestions|new contributors)\b")


@dataclass(frozen=True)
class Candidate:
    document: Document
    statement: Statement
    line: int
    text: str
    score: float

    @property
    def release(self) -> Release | None:
        return self.statement.release

    @cached_property
    def topics(self) -> frozenset[Topic]:
        return topics_of(self.text, self.statement.headings)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stems(f"{self.statement.text} {' '.join(self.statement.headings)}"))

    @property
    def key(self) -> tuple[str, int, str]:
        return self.document.name, self.line, self.text


def current_releases(document: Document, *, enough: int = ENOUGH) -> list[Release]:
    """The newest releases that together say `enough`; what is not released yet only where nothing else is."""
    chosen: list[Release] = []
    said = 0
    for release in [r for r in document.releases if not r.unreleased] or list(document.releases):
        chosen.append(release)
        said += sum(s.kind == "item" for s in document.of_release(release)) or 1
        if said >= enough or len(chosen) == 6:
            break
    return chosen


def candidates(document: Document, *, enough: int = ENOUGH, generous: bool = False,
               everywhere: bool = False) -> list[Candidate]:
    """The quotable statements, best first. `generous` quotes two sentences; `everywhere` looks at every release."""
    asked = (enough, generous, everywhere)
    if asked not in document.worked_out:
        document.worked_out[asked] = _candidates(document, *asked)
    return list(document.worked_out[asked])


def _candidates(document: Document, enough: int, generous: bool, everywhere: bool) -> list[Candidate]:
    releases = list(document.releases) if everywhere else current_releases(document, enough=enough)
    statements = [s for s in document.statements if s.release in releases] if releases else list(document.statements)
    quotes = [(s, *quote) for s in statements for quote in _quotes(s, is_prose=not releases, generous=generous)]
    common = _frequencies(text for _, _, text in quotes)
    first = statements[0].order if statements else 0
    found = [Candidate(document, s, line, text, _score(s, text, releases, common, first, len(statements)))
             for s, line, text in _distinct(quotes)]
    return sorted(found, key=lambda c: (-c.score, c.line))


def introduction(document: Document, release: Release | None) -> Candidate | None:
    """What the document itself says first about a release, or about its matter, if that is a sentence or two."""
    statements = document.of_release(release) if release else document.statements
    first = next((s for s in statements if not (_ELSEWHERE.match(s.text) or _is_furniture(s))), None)
    if first is None or first.kind != "paragraph":
        return None
    line, text = first.parts[0]
    words = len(text.split())
    if not 4 <= words <= LONGEST or not text.endswith((".", "!")):
        return None
    return Candidate(document, first, line, text, 0.0)


def _quotes(statement: Statement, *, is_prose: bool, generous: bool) -> Iterable[tuple[int, str]]:
    if _is_furniture(statement):
        return
    parts = [(line, text) for line, text in statement.parts if not _ELSEWHERE.match(text)]
    if statement.kind == "paragraph" and is_prose:
        yield from ((line, text) for line, text in parts if _is_quotable(text, prose=True))
    elif parts and statement.kind == "item":
        line, text = parts[0]
        for _, more in parts[1:3]:
            # A headline of a few words says too little alone.
            if (generous or len(text.split()) < 8) and len(f"{text} {more}".split()) <= LONGEST:
                text = f"{text} {more}" if text.endswith((".", "!", "?")) else f"{text}. {more}"
        if _is_quotable(text, prose=False):
            yield line, text
    elif statement.kind == "paragraph":
        yield from ((line, text) for line, text in parts[:1] if _is_quotable(text, prose=True))


def _is_furniture(statement: Statement) -> bool:
    return any(_FURNITURE.search(heading) for heading in statement.headings)


def _is_quotable(text: str, *, prose: bool) -> bool:
    words = text.split()
    if not (6 if prose else 3) <= len(words) <= LONGEST + 15 or text.endswith((":", "?")):
        return False
    if sum("://" in word for word in words) * 3 > len(words) or text.count("`") % 2:
        return False
    return not prose or ((text[0].isupper() or not text[0].isalpha()) and text.rstrip("\"'”’)").endswith((".", "!")))


def _distinct(quotes: list[tuple[Statement, int, str]]) -> Iterable[tuple[Statement, int, str]]:
    """The first of those that say the same."""
    seen: set[tuple[str, ...]] = set()
    for statement, line, text in quotes:
        key = tuple(stems(text))
        if key and key not in seen:
            seen.add(key)
            yield statement, line, text


def _frequencies(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in set(stems(text)))


def _score(statement: Statement, text: str, releases: list[Release], common: Counter[str],
           first: int, total: int) -> float:
    """Recency, place, matter, words in common with the rest, and a length that reads well."""
    recency = 3.0 * 0.7 ** releases.index(statement.release) if statement.release in releases else 0.0
    position = 0.8 * (1 - (statement.order - first) / max(total, 1))
    content = stems(text)
    shared = sum(math.log1p(common[word]) for word in set(content)) / max(len(set(content)), 1)
    words = len(text.split())
    length = 0.6 if 7 <= words <= 32 else -0.4 if words < 6 else -0.2 if words <= LONGEST else -1.5
    code = -0.25 * max(0, text.count("`") // 2 - 2)
    kind = 0.3 if statement.kind == "item" and releases else 0.0
    topics = topics_of(text, statement.headings)
    subject = weight(topics) if releases else 0.5 * len(topics & {"security", "breaking"})
    return recency + position + subject + 0.35 * shared + length + code + kind
