"""Feedback taken apart: which words ask for what. What no rule understands is kept, to be owned up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["shorter", "longer", "at_most", "at_least", "remove", "first", "last", "include", "keep", "only", "title",
               "fewer", "more", "items", "items_at_least", "plain", "audience", "sections", "section_about", "without",
               "ban", "linked", "unknown"]


@dataclass(frozen=True)
class Wish:
    kind: Kind
    about: str = ""
    number: int = 0
    words: str = ""  # the reviewer's own, to quote when it cannot be followed


_VERBS = (r"remove|drop|omit|delete|cut|skip|exclude|leave|take|get rid|lead|start|begin|open|put|move|end|close|finish|"
          r"add|mention|include|cover|highlight|emphasi[sz]e|focus|concentrate|make|keep|use|call|title|rename|name|"
          r"shorten|expand|trim|limit|change|write|give|show|list|say|tell|explain|describe|talk|concentrate|only|just|"
          r"at most|no more than|don't|do not")
_JOINT = re.compile(rf"(?:[,;:]?\s+(?:and|then|but|also|plus)(?:\s+(?:then|also|please))?|[,;:–—])\s+(?=(?:please\s+)?(?:{_VERBS})\b)",
                    re.IGNORECASE)
_QUOTED = r"[“\"«„']([^”\"»“']+)[”\"»“']"
_NUMBER_WORDS = {word: n for n, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])}
_NUMBER = rf"(\d+|{'|'.join(_NUMBER_WORDS)})"


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
    if title := re.search(rf"(?i)\b(?:titled|title[: ]+|called|headed)\s*{_QUOTED}", instructions):
        wishes.append(Wish("title", title[1].strip()))
    elif title := re.search(r"(?im)^\s*(?:[-*]\s*)?title:\s*(\S.*)$", instructions):
        wishes.append(Wish("title", title[1].strip().strip("\"'“”")))
    wishes += _word_limits(instructions)
    if items := re.search(rf"(?i)\b(?:at most|up to|no more than|{_NUMBER} to)\s+{_NUMBER}\s+(?:list )?(?:items|bullets|points)",
                          instructions):
        wishes.append(Wish("items", number=_count(items[2])))
    if audience := re.search(r"(?im)\b(?:audience|readers?)(?:\s+(?:is|are))?\s*[:=]?\s+([^.\n;]{3,80})", instructions):
        wishes.append(Wish("audience", audience[1].strip().strip("\"'“”")))
    return wishes


def _check_notes(text: str) -> tuple[list[Wish], str]:
    """The notes of deterministic checks, which are worded alike everywhere, and what is left without them."""
    wishes: list[Wish] = []
    for pattern, build in _NOTES:
        for match in re.finditer(pattern, text):
            wishes += build(match)
        text = re.sub(pattern, " ", text)
    return wishes, re.sub(r"(?m)^\s*[-*]?\s*(?:\*\*)?[a-z][a-z0-9_]*(?:\*\*)?:(?:\*\*)?\s*$", "", text)


def _quoted(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind, phrase, words=match[0]) for phrase in re.findall(_QUOTED, match[1])]


def _numbered(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind, number=int(match[1]), words=match[0])]


_NOTES: list[tuple[str, Callable[[re.Match[str]], list[Wish]]]] = [
    (r"It has \d+ words; it may have (\d+) at most\.", _numbered("at_most")),
    (r"It has \d+ words; it needs at least (\d+)\.", _numbered("at_least")),
    (r"It has \d+ `## ` sections; it needs at least (\d+)\.", _numbered("sections")),
    (r"It has \d+ list items; it needs at least (\d+)\.", _numbered("items_at_least")),
    (r"No `## ` section is about (.+?)\.(?=\s|$)", _quoted("section_about")),
    (r"It does not say (.+?)\.(?=\s|$)", _quoted("include")),
    (r"It must not say (.+?)\.(?=\s|$)", _quoted("ban")),
    (r"These list items hold no link[^\n]*", lambda match: [Wish("linked", words=match[0])]),
]


def _clauses(text: str) -> Iterable[str]:
    text = re.sub(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+", "", text)
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z“\"'])", line):
            for clause in _outside_quotes_split(sentence):
                clause = clause.strip(" ,;.!\t")
                if re.search(r"\w", clause):
                    yield clause


def _outside_quotes_split(sentence: str) -> list[str]:
    masked = re.sub(_QUOTED, lambda match: "\ue000" * len(match[0]), sentence)
    cuts = [0]
    clauses = []
    for match in _JOINT.finditer(masked):
        clauses.append(sentence[cuts[-1]:match.start()])
        cuts.append(match.end())
    return [*clauses, sentence[cuts[-1]:]]


def _wishes_of(clause: str) -> list[Wish]:
    said = re.sub(r"(?i)^(?:please|could you|can you|would you|kindly|i'd like (?:you )?to|we should|you should|let's|"
                  r"the (?:draft|newsletter) should|it should|also|then|and)[\s,]+", "", clause.strip())
    said = re.sub(r"(?i)[\s,]+(?:please|thanks|thank you)$", "", said).strip(" ,.")
    if re.fullmatch(r"(?i)(?:thanks?(?: you)?|good|great|nice|looks good|well done|hello|hi|ok(?:ay)?|otherwise fine)\W*", said):
        return []
    limits = _word_limits(said)
    if limits:
        return [Wish(w.kind, w.about, w.number, clause) for w in limits]
    for pattern, build in _RULES:
        if match := re.search(pattern, said, re.IGNORECASE):
            wishes = build(match)
            return [Wish(w.kind, w.about.strip(" .,;:"), w.number, clause) for w in wishes]
    return [Wish("unknown", words=clause)]


def _word_limits(text: str) -> list[Wish]:
    number = r"(\d{2,6})"
    for pattern, kind in (
        (rf"\b(?:at least|no fewer than|no less than|minimum(?: of)?|more than)\s+{number}\s+words", "at_least"),
        (rf"\b(?:at most|no more than|not more than|maximum(?: of)?|max\.?|up to|under|below|within|fewer than|less than|"
         rf"limit(?:ed)?(?: it)?(?: to| of)|(?:cut|trim|shorten|reduce)(?: it)?(?: down)? to|keep it (?:to|under))"
         rf"\s+(?:about |around )?{number}\s+words", "at_most"),
        (rf"\b{number}[\s-]+words?(?:\s+(?:or (?:less|fewer)|at most|max(?:imum)?|tops|limit|long))?\b", "at_most"),
    ):
        if match := re.search(pattern, text, re.IGNORECASE):
            return [Wish(kind, number=int(match[1]))]
    return []


def _count(text: str) -> int:
    return _NUMBER_WORDS.get(text.lower()) or int(text)


def _listed(kind: Kind, group: int = 1) -> Callable[[re.Match[str]], list[Wish]]:
    """`remove X and Y` asks for two things."""
    def build(match: re.Match[str]) -> list[Wish]:
        about = re.sub(r"(?i)^(?:the|any|all|everything|anything|something|more|a|an|mentions? of|talk of)\s+(?:about\s+|on\s+)?",
                       "", match[group].strip())
        parts = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", about) if kind in ("remove", "include", "keep") else [about]
        return [Wish(kind, part.strip("\"'“”")) for part in parts if part.strip()]

    return build


def _plain(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind)]


# The first rule that fits decides; narrow ones stand before broad ones.
_RULES: list[tuple[str, Callable[[re.Match[str]], list[Wish]]]] = [
    (rf"\b(?:title|call|name|rename|headline|subject)\b[^“\"«'„]*{_QUOTED}", lambda m: [Wish("title", m[1])]),
    (r"\b(?:change|set|make) the (?:title|headline) (?:to|read)\s+(.+)$", lambda m: [Wish("title", m[1])]),
    (r"\b(?:the )?(?:title|headline) (?:should|must|could) (?:be|read|say)\s+(.+)$", lambda m: [Wish("title", m[1])]),
    (r"^(?:re)?(?:title|name|call) (?:it|this|the newsletter)(?: to)?\s+(.+)$", lambda m: [Wish("title", m[1])]),
    (rf"\b(?:at most|no more than|up to|only|just|maximum|max\.?|limit(?:ed)? to)?\s*{_NUMBER}\s+(?:list )?(?:items|bullets|points)\b",
     lambda m: [Wish("items", number=_count(m[1]))]),
    (r"\bfewer (?:items|bullets|points)|too many (?:items|bullets|points)|less items", _plain("fewer")),
    (r"\bmore (?:items|bullets|points)|too few (?:items|bullets|points)", _plain("more")),
    (r"\b(?:without|remove|drop|omit|no|strip|leave out|skip) (?:the |any |all )?(?:issue|pr|pull request|ticket)[- ]?"
     r"(?:numbers?|references|ids?)", lambda m: [Wish("without", "numbers")]),
    (r"\b(?:without|remove|drop|omit|no|cut|leave out|skip) (?:the |any )?(?:lead(?: paragraph)?|intro(?:duction)?|"
     r"opening paragraph|summary)\b", lambda m: [Wish("without", "lead")]),
    (r"\b(?:lead|start|begin|open|headline|kick off) (?:it )?(?:off )?with (.+)$", _listed("first")),
    (r"\b(?:put|move|place|bring) (.+?) (?:at the (?:very )?(?:top|start|beginning)|to the (?:very )?(?:top|start|front|beginning)"
     r"|first|up(?: front| top)?|on top)\b", _listed("first")),
    (r"^(.{3,60}?) (?:should (?:come|go|be)|comes|goes) (?:at the top|first|up top|on top)\b", _listed("first")),
    (r"\b(?:end|close|finish) (?:it )?with (.+)$", _listed("last")),
    (r"\b(?:put|move|place) (.+?) (?:at the (?:very )?(?:end|bottom)|to the (?:very )?(?:end|bottom)|last)\b", _listed("last")),
    (r"^(?:only|just|nothing but|limit (?:it|this) to|restrict (?:it|this) to|keep only|include only|show only|"
     r"list only|report only|mention only|(?:focus|concentrate) only on)\s+(.+)$", _listed("only")),
    (r"^(.{3,40}?) only$", _listed("only")),
    (r"\b(?:remove|drop|omit|delete|exclude|leave out|take out|cut out|cut|skip|get rid of|lose|strip(?: out)?|ditch|"
     r"don't (?:mention|include|cover|talk about)|do not (?:mention|include|cover|talk about)|no mention of)\s+(.+)$",
     _listed("remove")),
    (r"^(?:without|no)\s+(?:the\s+)?(.+)$", _listed("remove")),
    (r"\b(?:shorter|shorten|too long|(?:more )?concise(?:ly)?|condense|tighten|trim(?: it)?|briefer|too wordy|less text|"
     r"(?:be|keep it) brief)\b", _plain("shorter")),
    (r"\b(?:more (?:detail|details|depth|context)|more detailed|in (?:more|greater) (?:detail|depth)|expand|elaborate)\s*"
     r"(?:on|about|in|for|of)\s+(.+)$", lambda m: [Wish("longer", m[1])]),
    (r"\b(?:longer|more (?:detail|details|detailed|depth|context|substance)|too short|expand(?: it)?|elaborate|"
     r"in (?:more|greater) (?:detail|depth)|too thin|lengthen)\b", _plain("longer")),
    (r"\b(?:simpl(?:er|e|ify)|plain(?:er)?|less (?:technical|jargon)|non-technical|easier to (?:read|understand)|friendl(?:y|ier)|"
     r"jargon-free|lay(?:man|person)?(?:'s)? terms)\b", _plain("plain")),
    (r"\b(?:write|rewrite|aim|make|tailor|address)(?: it| this)? (?:for|at|to)\s+(.+)$", lambda m: [Wish("audience", m[1])]),
    (r"\bkeep (?:the |in )?(.+)$", _listed("keep")),
    (r"\b(?:add|mention|include|cover|highlight|emphasi[sz]e|feature|stress|bring up|call out|(?:talk|write|say something|"
     r"say more|tell (?:us|me|them|readers)(?: more)?|more) (?:about|on)|(?:focus|concentrate)(?: more)? on|"
     r"don't forget|missing:?|what about|where is)\s+(.+?)(?:\s+is missing)?$", _listed("include")),
    (r"^(.{3,60}?) (?:is|are) missing$", _listed("include")),
    (r"\b(?:every|each|all) items? (?:must|should|needs?|has to)\b.*\b(?:link|source)|\badd (?:the )?(?:source )?links\b"
     r"|\blinks? to (?:its|their|the) sources?\b", _plain("linked")),
]
