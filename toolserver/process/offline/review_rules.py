"""Rules by which the offline reviewer judges. Each gives the faults that it finds, worded for a writer to act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from toolserver.process.offline.reading import Item, ReadDraft
from toolserver.process.offline.words import bare_words, stems, word_count

FAITHFUL = 0.9  # the share of an item's words that its source must hold, in order
SHOWN = 4

_LEFTOVERS = (
    (r"\b(?:TODO|TBD|FIXME|XXX|lorem ipsum|insert \w+ here)\b", "a note to oneself"),
    (r"\{\{.*?\}\}|\{%.*?%\}", "template markup"),
    (r":\w+:`[^`]*`|``|`_\b|\|\w+\|_?", "reStructuredText markup"),
    (r"(?<!`)</?(?:document|feedback|draft|previous_draft|check|div|span|p|br)\b[^>]*>", "a tag"),
    (r"\]\(\s*\)|\[\s*\]\(", "an empty link"),
    (r"\ufffd", "an unreadable character"),
)


@dataclass(frozen=True)
class Material:
    draft: ReadDraft
    documents: dict[str, list[str]]  # name → lines


def check_sections(material: Material, wanted: str) -> list[str]:
    sections = material.draft.sections
    least = _number(wanted, r"(?:at least|minimum(?: of)?|no fewer than)\s+(\d+)") or 1
    faults = [] if len(sections) >= least else [f"It has {len(sections)} `## ` sections; it needs at least {least}."]
    if re.search(r"(?i)(?:per|each|every|all)\s+(?:the\s+)?(?:input\s+|source\s+)?documents?", wanted):
        cited = {item.source[0] for item in material.draft.quoted if item.source}
        missing = [name for name in material.documents if name not in cited]
        if missing:
            faults.append(f"Nothing in it comes from {_listed(missing)}.")
    return faults


def check_length(material: Material, wanted: str) -> list[str]:
    words = word_count(material.draft.markdown)
    between = re.search(r"(?i)between\s+(\d+)\s+and\s+(\d+)", wanted)
    bounds = r"at most|no more than|maximum(?: of)?|max\.?|up to|under|below|within|fewer than|not exceed"
    most = int(between[2]) if between else _number(wanted, rf"(?:{bounds})\s+(\d+)",
                                                   r"(\d+)\s+words?\s+(?:or (?:less|fewer)|at most|max)")
    least = int(between[1]) if between else _number(wanted, r"(?:at least|minimum(?: of)?|no fewer than)\s+(\d+)")
    if most and words > most:
        return [f"It has {words} words; it may have {most} at most."]
    return [f"It has {words} words; it needs at least {least}."] if least and words < least else []


def check_sources(material: Material, wanted: str) -> list[str]:
    """Every item links to a source; one that names a document names one there is, and a line that it has."""
    items = material.draft.items
    if not items:
        return ["It has 0 list items; it needs at least 1."]
    faults = []
    unlinked = [item.text for item in items if not item.targets]
    if unlinked:
        faults.append(f"These list items hold no link: {_listed(unlinked)}")
    unknown = {item.source[0] for item in material.draft.quoted if item.source} - set(material.documents)
    if unknown and material.documents:
        faults.append(f"These sources do not exist: {_listed(sorted(unknown))}.")
    return faults + _line_faults(material)


def check_quotes(material: Material, wanted: str) -> list[str]:
    """What an item says stands in the line that it names."""
    wrong = [item for item in material.draft.quoted if item.source and not _holds(material, item)]
    if not wrong:
        return []
    said = "; ".join(f"“{_short(item.text)}” (not in {item.source[0]}, line {item.source[1]})"
                     for item in wrong[:SHOWN] if item.source)
    items = "1 item is" if len(wrong) == 1 else f"{len(wrong)} items are"
    return [f"{items} not what the source says: {said}{_more(wrong)}."]


def check_duplicates(material: Material, wanted: str) -> list[str]:
    pairs = [(a, b) for a, b in combinations(material.draft.items, 2) if _same(a, b)]
    return [f"It says the same twice: {_listed([a.text for a, _ in pairs])}."] if pairs else []


def check_title(material: Material, wanted: str) -> list[str]:
    titles = material.draft.titles
    if len(titles) != 1:
        return [f"It has {len(titles)} `# ` titles; it needs one."]
    quoted = re.search(r"[“\"]([^”\"]+)[”\"]", wanted)
    if quoted and quoted[1].lower() not in titles[0].lower():
        return [f"Its title is “{titles[0]}”. Title it “{quoted[1]}”."]
    return []


def check_leftovers(material: Material, wanted: str) -> list[str]:
    faults = []
    for pattern, what in _LEFTOVERS:
        if match := re.search(pattern, material.draft.markdown, re.IGNORECASE if "TODO" in pattern else 0):
            faults.append(f"It still holds {what}: “{_short(match[0])}”.")
    odd = [line for line in material.draft.markdown.splitlines() if line.count("`") % 2]
    return faults + ([f"A code span is not closed: “{_short(odd[0])}”."] if odd else [])


def check_lead(material: Material, wanted: str) -> list[str]:
    if len(material.draft.lead.split()) >= 5:
        return []
    return ["It has no paragraph between its title and its first section."]


def check_phrases(material: Material, wanted: str) -> list[str]:
    phrases = re.findall(r"[“\"]([^”\"]+)[”\"]", wanted)
    said = " ".join(bare_words(material.draft.markdown))
    negative = re.search(r"(?i)\b(?:not|never|no|avoid|without|don't)\b", wanted)
    hits = [phrase for phrase in phrases if (" ".join(bare_words(phrase)) in said) == bool(negative)]
    if not hits:
        return []
    return [f"It must not say {_listed(hits)}." if negative else f"It does not say {_listed(hits)}."]


Rule = Callable[[Material, str], list[str]]

_SOURCED = r"links?|linked|sourced?|sources|cit(?:e[sd]?|ations?)"

# Which rules a check's id and text call for; one check may call for several.
RULES: tuple[tuple[str, Rule], ...] = (
    (r"\bsections?\b", check_sections),
    (r"\bwords\b|\blength\b|\btoo long\b|\blong enough\b", check_length),
    (rf"\b(?:{_SOURCED}|references?|referenced)\b", check_sources),
    (rf"\b(?:{_SOURCED}|invent\w*|made[- ]up|fabricat\w*|accura\w*|faithful\w*|factual\w*|facts?|quot\w+|grounded|"
     r"hallucinat\w*|supported|true)\b", check_quotes),
    (r"\b(?:duplicat\w+|repeat\w*|repetition\w*|twice|redundan\w+)\b", check_duplicates),
    (r"\btitled?\b|\bheadline\b", check_title),
    (r"\b(?:leftovers?|todos?|placeholders?|markup|template\w*|clean|tidy)\b", check_leftovers),
    (r"\b(?:lead|introduc\w+|intro|opening|summary paragraph)\b", check_lead),
    (r"\b(?:mentions?|says?|contains?|includes?|names?|avoids?|must not|does not|never)\b[^.]*[“\"]", check_phrases),
)


def _line_faults(material: Material) -> list[str]:
    faults = []
    for item in material.draft.quoted:
        name, line = item.source or ("", None)
        if name in material.documents and line is not None and not 1 <= line <= len(material.documents[name]):
            faults.append(f"{name} has no line {line}.")
    return faults[:SHOWN]


def _holds(material: Material, item: Item) -> bool:
    name, line = item.source or ("", None)
    lines = material.documents.get(name)
    said = bare_words(item.text)
    if lines is None or not said:
        return False
    if line is None:
        return _found_in_order(said, bare_words(" ".join(lines))) >= FAITHFUL
    if not 1 <= line <= len(lines):
        return False
    # The quotation begins on its line and may run on: over links' addresses and wrapped lines.
    begins = set(bare_words(lines[line - 1]))
    window = bare_words(" ".join(lines[line - 1:line + 14]))[:len(said) * 4 + 60]
    return bool(begins & set(said[:3])) and _found_in_order(said, window) >= FAITHFUL


def _found_in_order(said: list[str], source: list[str]) -> float:
    found, at = 0, 0
    for word in said:
        try:
            at = source.index(word, at) + 1
            found += 1
        except ValueError:
            continue
    return found / len(said)


def _same(one: Item, other: Item) -> bool:
    a, b = set(stems(one.text)), set(stems(other.text))
    return bool(a and b) and len(a & b) >= 0.8 * max(len(a), len(b))


def _number(text: str, *patterns: str) -> int | None:
    return next((int(match[1]) for pattern in patterns if (match := re.search(pattern, text, re.IGNORECASE))), None)


def _listed(texts: list[str]) -> str:
    return ", ".join(f"“{_short(text)}”" for text in texts[:SHOWN]) + _more(texts)


def _more(things: list) -> str:
    return f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""


def _short(text: str, most: int = 70) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
