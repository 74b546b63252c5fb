"""Feedback taken apart: which words ask for what. What no rule understands is kept, to be owned up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from toolserver.process.offline.wish_rules import NUMBER, QUOTED, RULES, Kind, Rule, Wish, count_of


def read_wishes(feedback: Iterable[tuple[str, str]]) -> list[Wish]:
    """Every wish in every block of feedback, in order. A supervisor's remarks that ask for nothing are passed over."""
    wishes: list[Wish] = []
    for source, text in feedback:
        found, rest = _check_notes(text)
        wishes += found
        spoken = [wish for clause in _clauses(rest) for wish in _wishes_of(clause)]
        reviewer = source.lower() in ("supervisor", "reviewer", "checks") or bool(found)
        wishes += [wish for wish in spoken if not (reviewer and wish.kind == "unknown")]
    return wishes


def read_limits(instructions: str) -> list[Wish]:
    """What a prompt itself asks for: a title, a length, how many items, and for whom."""
    wishes = []
    if title := re.search(rf"(?i)\b(?:titled|title[: ]+|called|headed)\s*{QUOTED}", instructions):
        wishes.append(Wish("title", title[1].strip()))
    elif title := re.search(r"(?im)^\s*(?:[-*]\s*)?title:\s*(\S.*)$", instructions):
        wishes.append(Wish("title", title[1].strip().strip("\"'“”")))
    wishes += word_limits(instructions)
    many = rf"(?i)\b(?:at most|up to|no more than|{NUMBER} to)\s+{NUMBER}\s+(?:list )?(?:items|bullets|points)"
    if items := re.search(many, instructions):
        wishes.append(Wish("items", number=count_of(items[2])))
    if audience := re.search(r"(?im)\b(?:audience|readers?)(?:\s+(?:is|are))?\s*[:=]?\s+([^.\n;]{3,80})", instructions):
        wishes.append(Wish("audience", audience[1].strip().strip("\"'“”")))
    return wishes


def word_limits(text: str) -> list[Wish]:
    number = r"(\d{2,6})"
    most = (r"at most|no more than|not more than|maximum(?: of)?|max\.?|up to|under|below|within|fewer than|less than|"
            r"limit(?:ed)?(?: it)?(?: to| of)|(?:cut|trim|shorten|reduce)(?: it)?(?: down)? to|keep it (?:to|under)")
    forms: tuple[tuple[str, Kind], ...] = (
        (rf"\b(?:at least|no fewer than|no less than|minimum(?: of)?|more than)\s+{number}\s+words", "at_least"),
        (rf"\b(?:{most})\s+(?:about |around )?{number}\s+words", "at_most"),
        (rf"\b{number}[\s-]+words?(?:\s+(?:or (?:less|fewer)|at most|max(?:imum)?|tops|limit|long))?\b", "at_most"),
    )
    for pattern, kind in forms:
        if match := re.search(pattern, text, re.IGNORECASE):
            return [Wish(kind, number=int(match[1]))]
    return []


def _check_notes(text: str) -> tuple[list[Wish], str]:
    """The notes of deterministic checks, which are worded alike everywhere, and what is left without them."""
    wishes: list[Wish] = []
    for pattern, build in _NOTES:
        for match in re.finditer(pattern, text):
            wishes += build(match)
        text = re.sub(pattern, " ", text)
    return wishes, re.sub(r"(?m)^\s*[-*]?\s*(?:\*\*)?[a-z][a-z0-9_]*(?:\*\*)?:(?:\*\*)?\s*$", "", text)


def _quoted(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind, phrase, words=match[0]) for phrase in re.findall(QUOTED, match[1])]


def _numbered(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind, number=int(match[1]), words=match[0])]


_NOTES: list[Rule] = [
    (r"It has \d+ words; it may have (\d+) at most\.", _numbered("at_most")),
    (r"It has \d+ words; it needs at least (\d+)\.", _numbered("at_least")),
    (r"It has \d+ `## ` sections; it needs at least (\d+)\.", _numbered("sections")),
    (r"It has \d+ list items; it needs at least (\d+)\.", _numbered("items_at_least")),
    (r"No `## ` section is about (.+?)\.(?=\s|$)", _quoted("section_about")),
    (r"It does not say (.+?)\.(?=\s|$)", _quoted("include")),
    (r"It must not say (.+?)\.(?=\s|$)", _quoted("ban")),
    (r"These list items hold no link[^\n]*", lambda match: [Wish("linked", words=match[0])]),
]

_VERBS = (r"remove|drop|omit|delete|cut|skip|exclude|leave|take|get rid|lead|start|begin|open|put|move|end|close|"
          r"finish|add|mention|include|cover|highlight|emphasi[sz]e|focus|concentrate|make|keep|use|call|title|rename|"
          r"name|shorten|expand|trim|limit|change|write|give|show|list|say|tell|explain|describe|talk|only|just|"
          r"at most|no more than|don't|do not")
_JOINT = re.compile(rf"(?:[,;:]?\s+(?:and|then|but|also|plus)(?:\s+(?:then|also|please))?|[,;:–—])\s+"
                    rf"(?=(?:please\s+)?(?:{_VERBS})\b)", re.IGNORECASE)
_COURTESY = re.compile(r"(?:thanks?(?: you)?|good|great|nice|looks good|well done|hello|hi|ok(?:ay)?|"
                       r"otherwise fine)\W*", re.IGNORECASE)
_OPENING = re.compile(r"^(?:please|could you|can you|would you|kindly|i'd like (?:you )?to|we should|you should|let's|"
                      r"the (?:draft|newsletter) should|it should|also|then|and)[\s,]+", re.IGNORECASE)


def _clauses(text: str) -> Iterable[str]:
    text = re.sub(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+", "", text)
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z“\"'])", line):
            for clause in _parted(sentence):
                clause = clause.strip(" ,;.!\t")
                if re.search(r"\w", clause):
                    yield clause


def _parted(sentence: str) -> list[str]:
    """At `, and <verb>` and the like, but not inside a quotation."""
    masked = re.sub(QUOTED, lambda match: "\ue000" * len(match[0]), sentence)
    start, clauses = 0, []
    for match in _JOINT.finditer(masked):
        clauses.append(sentence[start:match.start()])
        start = match.end()
    return [*clauses, sentence[start:]]


def _wishes_of(clause: str) -> list[Wish]:
    said = _OPENING.sub("", clause.strip())
    said = re.sub(r"(?i)[\s,]+(?:please|thanks|thank you)$", "", said).strip(" ,.")
    if _COURTESY.fullmatch(said):
        return []
    if limits := word_limits(said):
        return [Wish(limit.kind, limit.about, limit.number, clause) for limit in limits]
    for pattern, build in RULES:
        if match := re.search(pattern, said, re.IGNORECASE):
            wishes = build(match)
            return [Wish(w.kind, w.about.strip(" .,;:"), w.number, clause if len(wishes) == 1 else w.about)
                    for w in wishes]
    return [Wish("unknown", words=clause)]
