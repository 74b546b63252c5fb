"""The words in which people ask for changes. The first rule that fits decides: narrow ones stand before broad ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "shorter", "longer", "at_most", "at_least", "remove", "first", "last", "include", "keep", "only", "title", "fewer",
    "more", "items", "items_at_least", "plain", "audience", "sections", "section_about", "without", "ban", "linked",
    "unknown",
]
QUOTED = r"[“\"«„']([^”\"»“']+)[”\"»“']"
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
                 "ten": 10}
NUMBER = rf"(\d+|{'|'.join(_NUMBER_WORDS)})"


@dataclass(frozen=True)
class Wish:
    kind: Kind
    about: str = ""
    number: int = 0
    words: str = ""  # the reviewer's own, to quote when it cannot be followed


Rule = tuple[str, Callable[[re.Match[str]], list[Wish]]]


def count_of(text: str) -> int:
    return _NUMBER_WORDS.get(text.lower()) or int(text)


_ITEMS = r"(?:items|bullets|points)"
_DROP = r"(?:without|remove|drop|omit|no|strip|cut|leave out|skip) (?:the |any |all )?"
_TOP = r"(?:at|to) the (?:very )?(?:top|start|beginning|front)|first|up(?: front| top)?|on top"
_BOTTOM = r"(?:at|to) the (?:very )?(?:end|bottom)|last"
_NOT_ABOUT = (r"(?:don't|do not|never) (?:mention|include|cover|talk about|say anything about)|no mention of|avoid|"
              r"(?:say )?nothing (?:about|on)")
_REMOVE = (r"remove|drop|omit|delete|exclude|leave out|take out|cut out|cut|skip|get rid of|lose|strip(?: out)?|ditch|"
           + _NOT_ABOUT)
_ADD = (r"add|mention|include|cover|highlight|emphasi[sz]e|feature|stress|bring up|call out|"
        r"(?:talk|write|say something|say more|tell (?:us|me|them|readers)(?: more)?|more) (?:about|on)|"
        r"(?:focus|concentrate)(?: more)? on|don't forget|missing:?|what about|where is")
_ONLY = (r"only|just|nothing but|limit (?:it|this) to|restrict (?:it|this) to|keep only|include only|show only|"
         r"list only|report only|mention only|(?:focus|concentrate) only on")
_SHORTER = (r"shorter|shorten|too long|(?:more )?concise(?:ly)?|condense|tighten|trim(?: it)?|briefer|too wordy|"
            r"less text|(?:be|keep it) brief")
_DETAIL = (r"more (?:details?|depth|context|substance)|more detailed|in (?:more|greater) (?:detail|depth)|expand|"
           r"elaborate")
_PLAIN = (r"simpl(?:er|e|ify)|plain(?:er)?|less (?:technical|jargon)|non-technical|easier to (?:read|understand)|"
          r"friendl(?:y|ier)|jargon-free|lay(?:man|person)?(?:'s)? terms")
_ARTICLES = re.compile(r"^(?:the|any|all|everything|anything|something|more|a|an|mentions? of|talk of)\s+"
                       r"(?:about\s+|on\s+)?", re.IGNORECASE)


def _listed(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    """`remove X and Y` asks for two things; `lead with X and Y` for one."""
    def build(match: re.Match[str]) -> list[Wish]:
        about = _ARTICLES.sub("", match[1].strip())
        parts = [about]
        if kind in ("remove", "include", "keep"):
            parts = re.split(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", about)
        return [Wish(kind, part.strip("\"'“”")) for part in parts if part.strip()]

    return build


def _plain(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind)]


def _about(kind: Kind) -> Callable[[re.Match[str]], list[Wish]]:
    return lambda match: [Wish(kind, match[1])]


RULES: list[Rule] = [
    (rf"\b(?:title|call|name|rename|headline|subject)\b[^“\"«'„]*{QUOTED}", _about("title")),
    (r"\b(?:change|set|make) the (?:title|headline) (?:to|read)\s+(.+)$", _about("title")),
    (r"\b(?:the )?(?:title|headline) (?:should|must|could) (?:be|read|say)\s+(.+)$", _about("title")),
    (r"^(?:re)?(?:title|name|call) (?:it|this|the newsletter)(?: to)?\s+(.+)$", _about("title")),
    (rf"\b{NUMBER}\s+(?:list )?{_ITEMS}\b", lambda match: [Wish("items", number=count_of(match[1]))]),
    (rf"\bfewer {_ITEMS}|too many {_ITEMS}|less items", _plain("fewer")),
    (rf"\bmore {_ITEMS}|too few {_ITEMS}", _plain("more")),
    (rf"\b{_DROP}(?:issue|pr|pull request|ticket)[- ]?(?:numbers?|references|ids?)",
     lambda match: [Wish("without", "numbers")]),
    (rf"\b{_DROP}(?:lead(?: paragraph)?|intro(?:duction)?|opening paragraph|summary)\b",
     lambda match: [Wish("without", "lead")]),
    (r"\b(?:lead|start|begin|open|headline|kick off) (?:it )?(?:off )?with (.+)$", _listed("first")),
    (rf"\b(?:put|move|place|bring) (.+?) (?:{_TOP})\b", _listed("first")),
    (rf"^(.{{3,60}}?) (?:should (?:come|go|be)|comes|goes) (?:{_TOP})\b", _listed("first")),
    (r"\b(?:end|close|finish) (?:it )?with (.+)$", _listed("last")),
    (rf"\b(?:put|move|place) (.+?) (?:{_BOTTOM})\b", _listed("last")),
    (rf"^(?:{_ONLY})\s+(.+)$", _listed("only")),
    (r"^(.{3,40}?) only$", _listed("only")),
    (rf"\b(?:{_REMOVE})\s+(.+)$", _listed("remove")),
    (r"^(?:without|no)\s+(?:the\s+)?(.+)$", _listed("remove")),
    (rf"\b(?:{_SHORTER})\b", _plain("shorter")),
    (rf"\b(?:{_DETAIL})\s*(?:on|about|in|for|of)\s+(.+)$", _about("longer")),
    (rf"\b(?:{_DETAIL}|longer|too short|too thin|lengthen)\b", _plain("longer")),
    (rf"\b(?:{_PLAIN})\b", _plain("plain")),
    (r"\b(?:write|rewrite|aim|make|tailor|address)(?: it| this)? (?:for|at|to)\s+(.+)$", _about("audience")),
    (r"\bkeep (?:the |in )?(.+)$", _listed("keep")),
    (r"\b(?:every|each|all) items? (?:must|should|needs?|has to)\b.*\b(?:link|source)|"
     r"\badd (?:the )?(?:source )?links\b|\blinks? to (?:its|their|the) sources?\b", _plain("linked")),
    (rf"\b(?:{_ADD})\s+(.+?)(?:\s+is missing)?$", _listed("include")),
    (r"^(.{3,60}?) (?:is|are) missing$", _listed("include")),
]
