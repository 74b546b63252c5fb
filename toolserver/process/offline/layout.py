"""A newsletter's Markdown: title, lead, sections of sourced items, and the line that says how it was made."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote

from toolserver.process.offline.brief import Brief
from toolserver.process.offline.candidates import Candidate, candidates, current_releases
from toolserver.process.offline.selecting import Section
from toolserver.process.offline.topics import Topic

_NUMBER_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_REFERENCES = re.compile(r"\s*\((?:#\d+(?:,\s*)?)+\)")


@dataclass
class Draft:
    brief: Brief
    sections: list[Section]
    short_lead: bool = False
    short_close: bool = False
    terse: bool = False
    left_out: list[str] = field(default_factory=list)  # sections that had no room

    def markdown(self) -> str:
        parts = [f"# {title_of(self)}"]
        if self.brief.lead:
            parts.append(_lead(self))
        for section in self.sections:
            parts.append(f"## {section.title}")
            if section.intro:
                parts.append(f"{_printed(self, section.intro)} {_source(section.intro)}")
            several = len(section.releases) > 1 and section.document is not None
            parts.append("\n".join(_item(self, section, c, several) for c in section.items))
        parts.append("---")
        parts.append(_closing(self))
        return "\n\n".join(parts) + "\n"


def title_of(draft: Draft) -> str:
    return " ".join(draft.brief.title.split()).lstrip("# ") if draft.brief.title else usual_title(draft)


def is_usual_title(title: str) -> bool:
    return title.startswith(("News from ", "Newsletter: news from "))


def usual_title(draft: Draft) -> str:
    names = list(dict.fromkeys(s.document.title for s in draft.sections if s.document))
    if 1 <= len(names) <= 4 and sum(map(len, names)) <= 70:
        return f"News from {_joined(names)}"
    return f"Newsletter: news from {_number(len(draft.brief.documents))} documents"


def _lead(draft: Draft) -> str:
    names = [section.title for section in draft.sections if section.document]
    names = list(dict.fromkeys(name.partition(": ")[0] if ": " in name and draft.brief.min_sections else name
                               for name in names)) or [section.title for section in draft.sections]
    shown = names if len(names) <= 5 and not draft.short_lead else [name.partition(" (")[0] for name in names[:4]]
    if len(names) > len(shown):
        shown.append(f"{_number(len(names) - len(shown))} more")
    opening = "Here is what is new in" if draft.brief.plain else "This issue covers"
    for_whom = f"For {draft.brief.audience}: " if draft.brief.audience else ""
    opening = opening[0].lower() + opening[1:] if for_whom else opening
    sentence = f"{for_whom}{opening} {_joined(shown)}."
    return sentence if draft.short_lead else f"{sentence} {_tally(draft)}"


def _tally(draft: Draft) -> str:
    items = [c for section in draft.sections for c in section.items]
    listed = _listed_changes(draft)
    chosen = f"{_number(len(items))} {'point' if len(items) == 1 else 'points'}"
    if listed > len(items):
        told = all(document.releases for document in draft.brief.documents)
        changes = "changes that these releases list" if told else "statements found"
        sentence = f"Of the {listed} {changes}, it picks out {chosen}"
    else:
        sentence = f"It picks out {chosen}"
    kinds = Counter(_kind(c) for c in items)
    said = [text for topic, one, many in _KINDS if (n := kinds[topic])
            for text in [f"{_number(n)} {one if n == 1 else many}"]]
    telling = any(c.release for c in items) and kinds["other"] * 2 <= len(items)
    return f"{sentence}: {_joined(said)}." if telling else f"{sentence}."


_KINDS: tuple[tuple[Topic, str, str], ...] = (
    ("security", "about security", "about security"), ("breaking", "breaking change", "breaking changes"),
    ("new", "new or improved", "new or improved"), ("fix", "fix", "fixes"), ("other", "other change", "other changes"),
)


def _kind(candidate: Candidate) -> Topic:
    return next((topic for topic, _, _ in _KINDS if topic in candidate.topics), "other")


def _listed_changes(draft: Draft) -> int:
    names = {c.document.name for section in draft.sections for c in section.items}
    count = 0
    for document in (d for d in draft.brief.documents if d.name in names):
        used = {c.release for s in draft.sections for c in s.items if c.document is document}
        known = [r for r in document.releases if r in used or r in current_releases(document)[:1]]
        count += sum(s.kind == "item" for r in known for s in document.of_release(r)) if known else \
            len(candidates(document))
    return count


def _item(draft: Draft, section: Section, candidate: Candidate, several: bool) -> str:
    label = ""
    if several and candidate.release:
        label = f"**{candidate.release.version or candidate.release.date}:** "
    elif section.document is None and candidate.release and candidate.release.version:
        label = f"**{candidate.document.title} {candidate.release.version}:** "
    elif section.document is None:
        label = f"**{candidate.document.title}:** "
    return f"- {label}{_printed(draft, candidate)} {_source(candidate)}"


def _printed(draft: Draft, candidate: Candidate) -> str:
    text = candidate.text
    if draft.terse:
        first = next((part for _, part in candidate.statement.parts if text.startswith(part)), text)
        text = first if len(first.split()) >= 8 else text
    if draft.brief.plain or not draft.brief.numbers:
        text = _REFERENCES.sub("", text)
    text = text[:1].upper() + text[1:] if re.match(r"[a-z]+\s", text) else text
    text = re.sub(r"[;,]?\s+(?:and|or)$", "", re.sub(r"^(?:\d{1,3}[.)]|\(?[a-z]\))\s+", "", text)).rstrip(" ;,")
    text = text if text.endswith((".", "!", "?", "…")) else f"{text}."
    if draft.brief.plain:
        text = re.sub(r"`([^`_*<>\[\]]+)`", r"\1", text)
    return escaped(text)


def escaped(text: str) -> str:
    """What Markdown would take for markup is kept as it is in the source; code spans are markup on purpose."""
    special = r"[*<\[\]\\]|(?<![^\W_])_+|_+(?![^\W_])"
    parts = [part if part.startswith("`") else re.sub(special, lambda match: re.sub(r"(.)", r"\\\1", match[0]), part)
             for part in re.split(r"(`[^`]*`)", text)]
    return re.sub(r"^(?=[#>+-])", r"\\", "".join(parts))


def _source(candidate: Candidate) -> str:
    name = candidate.document.name
    return f"([{escaped(name)}, line {candidate.line}](source:{quote(name, safe='/')}#L{candidate.line}))"


def _closing(draft: Draft) -> str:
    names = [d.name for d in draft.brief.documents]
    count = f"{_number(len(names))} {'document' if len(names) == 1 else 'documents'}"
    closing = f"*Drafted offline by extraction from {count}"
    if not draft.short_close:
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        closing += f" ({shown}); no language model was used"
    lines = [f"{closing}.*"]
    if draft.left_out:
        lines.append(f"Left out for length: {_joined(draft.left_out)}.")
    if refused := draft.brief.not_followed:
        lines.append("Not followed: " + "; ".join(f"“{_clipped(words)}” ({why})" for words, why in refused) + ".")
    return "\n\n".join(lines)


def _clipped(words: str, most: int = 14) -> str:
    split = " ".join(words.split()).rstrip(".").replace("[", "(").replace("]", ")").split()
    return " ".join(split) if len(split) <= most else " ".join(split[:most]) + " …"


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _number(n: int) -> str:
    return _NUMBER_WORDS[n] if n < len(_NUMBER_WORDS) else str(n)
