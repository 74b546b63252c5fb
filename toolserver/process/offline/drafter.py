"""The offline writer: a newsletter made of the documents' own sentences. No network, no model, always the same."""

from __future__ import annotations

import re
from copy import deepcopy

from toolserver.process.offline.brief import Brief, count_in, usual_brief
from toolserver.process.offline.documents import Document, read_document
from toolserver.process.offline.layout import Draft, is_usual_title
from toolserver.process.offline.prompt import Prompt
from toolserver.process.offline.selecting import choose_sections
from toolserver.process.offline.wish_rules import Wish
from toolserver.process.offline.wishes import read_limits, read_wishes
from toolserver.process.offline.words import word_count

SHORTER, LONGER = 0.65, 1.35


class NothingToDraftFrom(ValueError):
    """The prompt holds no document with a sentence in it."""


def write_draft(prompt: Prompt) -> str:
    """Markdown. Raises NothingToDraftFrom."""
    documents = [d for d in (read_document(name, text) for name, text in prompt.documents) if d.statements]
    if not documents:
        raise NothingToDraftFrom("The offline writer quotes from <document name=\"…\"> blocks; the prompt has none "
                                 "with a readable sentence in it.")
    usual = usual_brief(documents)
    count_in(usual, read_limits(prompt.instructions))
    wishes = read_wishes(prompt.feedback)
    if not wishes:
        return fitted(usual).markdown()
    return _revised(prompt, usual, wishes, documents)


def _revised(prompt: Prompt, usual: Brief, wishes: list[Wish], documents: list[Document]) -> str:
    brief = deepcopy(usual)
    if not any(wish.kind == "title" for wish in wishes):
        brief.title = _earlier_title(prompt.previous_draft) or brief.title
    count_in(brief, wishes)
    before = fitted(deepcopy(usual)).markdown()
    if brief.shorter:
        brief.max_words = _shorter_than(prompt, brief, before, usual)
    elif brief.longer and not brief.max_words:
        brief.min_words = max(brief.min_words, int(word_count(before) * LONGER ** brief.longer))
    draft = fitted(brief)
    _own_up(draft, before)
    return fitted(draft.brief).markdown() if draft.brief.not_followed else draft.markdown()


def _shorter_than(prompt: Prompt, brief: Brief, before: str, usual: Brief) -> int:
    """A limit in words. Reviewers' words may come again with every revision: asked once more, it shrinks once more."""
    limit = int(word_count(before) * SHORTER ** brief.shorter)
    earlier = word_count(prompt.previous_draft)
    newest = read_wishes(prompt.feedback[-1:])
    if earlier and earlier <= limit * 1.1 and any(wish.kind == "shorter" for wish in newest):
        limit = int(earlier * 0.75)
    return max(40, min(limit, brief.max_words or limit, usual.max_words or limit))


def fitted(brief: Brief) -> Draft:
    """The draft within the brief's length. What goes first: second sentences, introductions, the weakest items."""
    draft = Draft(brief, choose_sections(brief))
    _grow(draft)
    while brief.max_words and word_count(draft.markdown()) > brief.max_words and _cut(draft):
        pass
    if brief.max_words and (words := word_count(draft.markdown())) > brief.max_words:
        brief.refuse(f"at most {brief.max_words} words", f"what is left has {words}")
    return draft


def _grow(draft: Draft) -> None:
    brief = draft.brief

    def lacking() -> bool:
        items = sum(len(section.items) for section in draft.sections)
        return items < brief.min_items or (bool(brief.min_words) and word_count(draft.markdown()) < brief.min_words)

    while lacking() and brief.items < 12:
        brief.items += 1
        brief.generous = True
        draft.sections = choose_sections(brief)
    if lacking() and not brief.longer:
        wanted = f"at least {brief.min_words} words" if brief.min_words else f"at least {brief.min_items} items"
        brief.refuse(wanted, "the documents say no more that is current")


def _cut(draft: Draft) -> bool:
    """One step shorter; False when nothing is left to cut."""
    if not draft.terse:
        draft.terse = True
        return True
    if intro := next((s for s in reversed(draft.sections) if s.intro), None):
        intro.intro = None
        return True
    longest = sorted(draft.sections, key=lambda s: -len(s.items))
    for fewest in (3, 2):
        if fewest == 2 and not (draft.short_lead and draft.short_close):
            draft.short_close, draft.short_lead = True, draft.short_close
            return True
        if any(len(s.items) > fewest and s.drop_weakest() for s in longest):
            return True
    if any(s.drop_weakest() for s in longest):
        return True
    return _drop_section(draft)


def _drop_section(draft: Draft) -> bool:
    loose = [s for s in draft.sections if not s.kept]
    if len(draft.sections) < 2 or not loose:
        return False
    weakest = min(loose, key=lambda s: max(c.score for c in s.items))
    draft.sections.remove(weakest)
    draft.left_out.append(weakest.document.title if weakest.document else weakest.title)
    return True


def _own_up(draft: Draft, before: str) -> None:
    """What was asked for and did not come about is said, not glossed over."""
    brief = draft.brief
    if brief.longer and word_count(draft.markdown()) <= word_count(before):
        brief.refuse("more detail", "the documents say no more that is current")


def _earlier_title(previous: str) -> str:
    """A title that somebody asked for, and that later feedback need not repeat."""
    match = re.match(r"#\s+(.+)", previous)
    return match[1].strip() if match and not is_usual_title(match[1]) else ""
