"""Which quotations stand in which section, in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from toolserver.process.offline.brief import MOST, Brief
from toolserver.process.offline.candidates import Candidate, candidates, current_releases, introduction
from toolserver.process.offline.dates import Day, date_range
from toolserver.process.offline.documents import Document, Release
from toolserver.process.offline.targets import Target
from toolserver.process.offline.topics import NAMES, Topic
from toolserver.process.offline.words import bare_words, stems


@dataclass
class Section:
    title: str
    items: list[Candidate]
    document: Document | None = None  # None: a section on one matter, drawn from several documents
    intro: Candidate | None = None
    kept: set[tuple[str, int, str]] = field(default_factory=set)  # items asked for by name, never cut for length

    @property
    def releases(self) -> list[Release]:
        return list(dict.fromkeys(c.release for c in self.items if c.release))

    @property
    def newest(self) -> Day | None:
        return max((r.date for r in self.releases if r.date), default=None)

    def drop_weakest(self) -> bool:
        loose = [c for c in self.items if c.key not in self.kept]
        if len(self.items) < 2 or not loose:
            return False
        self.items.remove(min(loose, key=lambda c: (c.score, -c.line)))
        return True


def choose_sections(brief: Brief) -> list[Section]:
    taken: set[tuple[str, int, str]] = set()
    leading = [_matter_section(brief, target, taken) for target in brief.first if not target.is_section]
    closing = [_matter_section(brief, target, taken) for target in brief.last if not target.is_section]
    own = [section for document in brief.documents if (section := _document_section(brief, document, taken))]
    own = _in_order(brief, own)
    sections = [*filter(None, leading), *own, *filter(None, closing)]
    return _split_to(brief, [s for s in sections if s.items])


def section_label(document: Document, releases: list[Release]) -> str:
    """`Healthchecks 4.3 (14 July 2026)`; several releases as a range, oldest first."""
    ordered = sorted(releases, key=document.releases.index, reverse=True)
    versions = [r.version for r in ordered if r.version]
    dates = sorted(r.date for r in ordered if r.date)
    label = document.title
    if versions:
        label += f" {versions[0]}" if len(versions) == 1 else f" {versions[0]} to {versions[-1]}"
    if dates:
        label += f" ({date_range(dates[0], dates[-1])})"
    elif ordered and all(r.unreleased for r in ordered):
        label += " (unreleased)"
    return label


def _document_section(brief: Brief, document: Document, taken: set[tuple[str, int, str]]) -> Section | None:
    if any(t.is_section and document.name in t.documents for t in brief.removed):
        return None
    more = 3 if document.name in brief.longer_on else 0
    wanted = min(brief.items + more, MOST)
    generous = brief.generous or bool(more)
    current = current_releases(document)
    intro = _intro(brief, document, current)
    pool = [c for c in _pool(brief, document, wanted, generous, taken) if intro is None or c.text != intro.text]
    asked = _asked_for(brief, document, taken, generous)
    chosen = _varied([c for c in pool if c.key not in {a.key for a in asked}], max(wanted - len(asked), 0))
    items = asked + chosen
    if not items:
        return None
    section = Section("", sorted(items, key=_release_then_score), document, kept={c.key for c in asked})
    section.intro = intro if section.releases[:1] == current[:1] else None
    section.title = section_label(document, section.releases)
    taken |= {c.key for c in section.items}
    return section


def _pool(brief: Brief, document: Document, wanted: int, generous: bool, taken: set) -> list[Candidate]:
    found = [c for c in candidates(document, enough=max(5, wanted), generous=generous) if _is_wanted(brief, c, taken)]
    if not found and brief.only:
        found = [c for c in candidates(document, everywhere=True, generous=generous) if _is_wanted(brief, c, taken)]
    if brief.plain:
        found = [replace(c, score=c.score - 1.5 * c.text.count("`") / 2 - 0.05 * len(c.text.split())) for c in found]
    if brief.audience:
        readers = set(stems(brief.audience))
        found = [replace(c, score=c.score + 1.5 * len(readers & c.stems)) for c in found]
    return sorted(found, key=lambda c: (-c.score, c.line))


def _is_wanted(brief: Brief, candidate: Candidate, taken: set) -> bool:
    if candidate.key in taken or any(target.fits(candidate) for target in brief.removed):
        return False
    said = " ".join(bare_words(candidate.text))
    if any(" ".join(bare_words(phrase)) in said for phrase in brief.banned):
        return False
    return all(target.fits(candidate) for target in brief.only)


def _asked_for(brief: Brief, document: Document, taken: set, generous: bool) -> list[Candidate]:
    """For each thing asked for by name, the one or two quotations nearest to it, wherever they stand."""
    asked: list[Candidate] = []
    for target in brief.included:
        if target.is_section:
            continue
        near = _nearest(brief, target, taken | {c.key for c in asked}, generous)
        asked += [c for c in near[:2] if c.document is document]
    return asked


def _nearest(brief: Brief, target: Target, taken: set, generous: bool) -> list[Candidate]:
    """Best first over all documents: how much of what was said is there, then how recent and telling it is."""
    everything = [c for d in brief.documents for c in candidates(d, everywhere=True, generous=generous)]
    phrase = " ".join(bare_words(target.words))
    rated = [(target.nearness(c) + (phrase in " ".join(bare_words(c.text))), c) for c in everything
             if c.key not in taken and not any(t.fits(c) for t in brief.removed)]
    rated = [(nearness, c) for nearness, c in rated if nearness >= 0.5]
    best = max((nearness for nearness, _ in rated), default=0)
    return [c for nearness, c in sorted(rated, key=lambda pair: (-pair[0], -pair[1].score, pair[1].line))
            if nearness >= best - 0.01]


def _matter_section(brief: Brief, target: Target, taken: set[tuple[str, int, str]]) -> Section | None:
    """A section of its own on what a reviewer wants to see first (or last), drawn from every document."""
    pool = [c for d in brief.documents for c in _pool(brief, d, brief.items, brief.generous, taken) if target.fits(c)]
    if not pool:
        pool = _nearest(brief, target, taken, brief.generous)[:2]
    items = sorted(pool, key=lambda c: (-c.score, c.line))[:min(brief.items, 4)]
    if not items:
        return None
    taken |= {c.key for c in items}
    return Section(target.heading, items, kept={items[0].key})


def _varied(pool: list[Candidate], wanted: int) -> list[Candidate]:
    """Best first, each further one of the same kind counting a little less: fixes alone make dull reading."""
    left, chosen = list(pool), []
    while left and len(chosen) < wanted:
        kinds = [c.topics for c in chosen]
        best = max(left, key=lambda c: (c.score - 0.25 * sum(bool(c.topics & k) for k in kinds), -c.line))
        left.remove(best)
        if not any(_says_the_same(best, c) for c in chosen):
            chosen.append(best)
    return chosen


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    a, b = set(stems(one.text)), set(stems(other.text))
    return len(a & b) >= 0.75 * min(len(a), len(b)) if a and b else False


def _release_then_score(candidate: Candidate) -> tuple[int, float, int]:
    """Prose keeps its own order; a changelog is told newest first, what matters most before the rest."""
    releases = candidate.document.releases
    if not releases:
        return 0, 0.0, candidate.line
    return releases.index(candidate.release) if candidate.release in releases else 0, -candidate.score, candidate.line


def _intro(brief: Brief, document: Document, current: list[Release]) -> Candidate | None:
    if brief.only:
        return None
    intro = introduction(document, current[0] if current else None)
    return intro if intro and _is_wanted(brief, intro, set()) else None


def _in_order(brief: Brief, sections: list[Section]) -> list[Section]:
    """The newest first, undated ones after them as they were given; then as reviewers want it."""
    ordered = sorted(sections, key=lambda s: s.newest or Day(1, 1), reverse=True)
    for target in reversed([t for t in brief.first if t.is_section]):
        ordered.sort(key=lambda s: s.document.name not in target.documents)
    for target in [t for t in brief.last if t.is_section]:
        ordered.sort(key=lambda s: s.document.name in target.documents)
    return ordered


def _split_to(brief: Brief, sections: list[Section]) -> list[Section]:
    """As many sections as are asked for: the longest are parted by kind of change while that gives more."""
    sections = list(sections)
    while len(sections) < brief.min_sections:
        parts = [(s, _parted(s)) for s in sorted(sections, key=lambda s: -len(s.items))]
        found = next(((s, halves) for s, halves in parts if halves), None)
        if found is None:
            brief.refuse(f"at least {brief.min_sections} sections", "the documents don't hold enough different matter")
            break
        at = sections.index(found[0])
        sections[at:at + 1] = found[1]
    return sections


def _parted(section: Section) -> list[Section]:
    for topic in ("fix", "new", "security", "breaking"):
        inside, rest = _with_topic(section.items, topic)
        if len(inside) and len(rest):
            return [replace(section, items=rest), replace(section, items=inside, intro=None,
                                                          title=f"{section.title}: {NAMES[topic].lower()}")]
    return []


def _with_topic(items: Iterable[Candidate], topic: Topic) -> tuple[list[Candidate], list[Candidate]]:
    inside = [c for c in items if topic in c.topics]
    return inside, [c for c in items if topic not in c.topics]
