"""What a draft is to be, once a prompt's limits and every reviewer's wish are counted in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from toolserver.process.offline.candidates import Candidate, candidates
from toolserver.process.offline.documents import Document
from toolserver.process.offline.targets import Target, read_target
from toolserver.process.offline.wish_rules import Wish

FEWEST, MOST = 1, 12


@dataclass
class Brief:
    documents: list[Document]
    title: str = ""
    items: int = 5
    max_words: int | None = None
    min_words: int = 0
    min_items: int = 0
    min_sections: int = 0
    shorter: int = 0  # how often it was asked for
    longer: int = 0
    generous: bool = False
    plain: bool = False
    numbers: bool = True
    lead: bool = True
    audience: str = ""
    only: list[Target] = field(default_factory=list)
    removed: list[Target] = field(default_factory=list)
    banned: list[str] = field(default_factory=list)
    included: list[Target] = field(default_factory=list)
    longer_on: set[str] = field(default_factory=set)
    first: list[Target] = field(default_factory=list)
    last: list[Target] = field(default_factory=list)
    not_followed: list[tuple[str, str]] = field(default_factory=list)  # (the words, why)

    def everything(self) -> list[Candidate]:
        """All that the documents say, in any release."""
        return [c for document in self.documents for c in candidates(document, everywhere=True)]

    def refuse(self, words: str, why: str) -> None:
        if (words, why) not in self.not_followed:
            self.not_followed.append((words, why))


def usual_brief(documents: list[Document]) -> Brief:
    return Brief(documents, items=5 if len(documents) <= 5 else 4 if len(documents) <= 10 else 3)


def count_in(brief: Brief, wishes: list[Wish]) -> None:
    """Later wishes outrank earlier ones; one that nothing in the documents answers is refused with its reason."""
    for wish in wishes:
        _COUNT_IN[wish.kind](brief, wish)


def _set(name: str, value: Callable[[Wish], object]) -> Callable[[Brief, Wish], None]:
    return lambda brief, wish: setattr(brief, name, value(wish))


def _shorter(brief: Brief, wish: Wish) -> None:
    brief.shorter += 1
    brief.generous = False


def _longer(brief: Brief, wish: Wish) -> None:
    target = read_target(wish.about, brief.documents) if wish.about else None
    if target and target.documents:
        brief.longer_on |= target.documents
    elif target and not target.is_empty:
        _include(brief, wish)
    else:
        brief.longer += 1
        brief.items = min(brief.items + 3, MOST)
        brief.generous, brief.max_words = True, None


def _remove(brief: Brief, wish: Wish) -> None:
    target = _target(brief, wish)
    if target is None:
        return
    if not any(target.fits(c) for c in brief.everything()):
        brief.refuse(wish.words, "the documents hold nothing like it")
        return
    brief.removed.append(target)
    brief.included = [t for t in brief.included if t.words != target.words]


def _include(brief: Brief, wish: Wish) -> None:
    target = _target(brief, wish)
    if target is None:
        return
    if target.is_section:
        brief.removed = [t for t in brief.removed if not (t.is_section and t.documents & target.documents)]
        brief.longer_on |= target.documents if wish.kind != "keep" else set()
    elif max((target.nearness(c) for c in brief.everything()), default=0) < 0.5:
        brief.refuse(wish.words, "the documents say nothing about it")
    else:
        brief.removed = [t for t in brief.removed if t.words.lower() != target.words.lower()]
        brief.included.append(target)


def _only(brief: Brief, wish: Wish) -> None:
    target = _target(brief, wish)
    if target is None:
        return
    if not any(target.fits(c) for c in brief.everything()):
        brief.refuse(wish.words, "the documents hold nothing like it")
        return
    brief.only = [target]


def _place(name: str) -> Callable[[Brief, Wish], None]:
    def place(brief: Brief, wish: Wish) -> None:
        target = _target(brief, wish)
        if target is None:
            return
        if not target.is_section and not any(target.nearness(c) >= 0.5 for c in brief.everything()):
            brief.refuse(wish.words, "the documents say nothing about it")
            return
        setattr(brief, name, [target, *(t for t in getattr(brief, name) if t.words != target.words)])

    return place


def _section_about(brief: Brief, wish: Wish) -> None:
    target = read_target(wish.about, brief.documents)
    if target.is_section:
        brief.removed = [t for t in brief.removed if not (t.documents & target.documents)]
    else:
        _place("first")(brief, wish)


def _without(brief: Brief, wish: Wish) -> None:
    if wish.about == "numbers":
        brief.numbers = False
    else:
        brief.lead = False


def _plain_words(brief: Brief, wish: Wish) -> None:
    brief.plain, brief.generous = True, False


def _at_most(brief: Brief, wish: Wish) -> None:
    brief.max_words, brief.min_words = wish.number, min(brief.min_words, wish.number)


def _target(brief: Brief, wish: Wish) -> Target | None:
    target = read_target(wish.about, brief.documents)
    if target.is_empty:
        brief.refuse(wish.words or wish.about, "it names nothing that can be found in the documents")
        return None
    return target


_COUNT_IN: dict[str, Callable[[Brief, Wish], None]] = {
    "shorter": _shorter,
    "longer": _longer,
    "at_most": _at_most,
    "at_least": _set("min_words", lambda wish: wish.number),
    "remove": _remove,
    "include": _include,
    "keep": _include,
    "first": _place("first"),
    "last": _place("last"),
    "only": _only,
    "title": _set("title", lambda wish: wish.about),
    "items": _set("items", lambda wish: max(FEWEST, min(wish.number, MOST))),
    "fewer": lambda brief, wish: setattr(brief, "items", max(FEWEST, brief.items - 2)),
    "more": lambda brief, wish: setattr(brief, "items", min(MOST, brief.items + 2)),
    "items_at_least": _set("min_items", lambda wish: wish.number),
    "sections": _set("min_sections", lambda wish: wish.number),
    "section_about": _section_about,
    "plain": _plain_words,
    "audience": _set("audience", lambda wish: wish.about),
    "without": _without,
    "ban": lambda brief, wish: brief.banned.append(wish.about),
    "linked": lambda brief, wish: None,  # every item is, always
    "unknown": lambda brief, wish: brief.refuse(wish.words, "no rule of the offline writer understands it"),
}
