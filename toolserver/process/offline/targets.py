"""What a reviewer's words point at: a document, a kind of change, a matter, or several of these at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolserver.process.offline.candidates import Candidate
from toolserver.process.offline.documents import Document
from toolserver.process.offline.naming import name_from_file
from toolserver.process.offline.topics import ASKED, NAMES, Topic
from toolserver.process.offline.words import stems


@dataclass(frozen=True)
class Target:
    """Everything given must fit: one of the documents, one of the topics, and all the words."""

    words: str
    documents: frozenset[str]
    topics: frozenset[Topic]
    stems: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return not (self.documents or self.topics or self.stems)

    @property
    def is_section(self) -> bool:
        """It names a document as a whole."""
        return bool(self.documents) and not self.topics and not self.stems

    @property
    def heading(self) -> str:
        if self.topics and not self.stems and not self.documents:
            return NAMES[sorted(self.topics)[0]]
        words = re.sub(r"(?i)^(?:the|our|your)\s+|\s+(?:section|items?|part|news|changes)$", "", self.words).strip()
        return words[:1].upper() + words[1:]

    def fits(self, candidate: Candidate) -> bool:
        return self._frame_fits(candidate) and self.stems <= candidate.stems

    def nearness(self, candidate: Candidate) -> float:
        """The share of the words found, 0 where document or topic don't fit."""
        if not self._frame_fits(candidate):
            return 0.0
        return len(self.stems & candidate.stems) / len(self.stems) if self.stems else 1.0

    def _frame_fits(self, candidate: Candidate) -> bool:
        return (not self.documents or candidate.document.name in self.documents) and (
            not self.topics or bool(self.topics & candidate.topics))


def read_target(words: str, documents: list[Document]) -> Target:
    named, rest = _documents_named(words, documents)
    topics, rest = _topics_named(rest)
    return Target(words, frozenset(named), frozenset(topics), frozenset(stems(rest)))


def _documents_named(words: str, documents: list[Document]) -> tuple[set[str], str]:
    """The documents whose whole name, file or most telling word occurs, and the words left over."""
    found: set[str] = set()
    rest = words
    for document in documents:
        names = {document.name, document.title, name_from_file(document.name)}
        telling = _telling_words(document, documents)
        patterns = [re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1] + telling
        for pattern in patterns:
            if re.search(rf"(?<!\w){pattern}(?:'s|’s)?(?!\w)", words, re.IGNORECASE):
                found.add(document.name)
                rest = re.sub(rf"(?<!\w){pattern}(?:'s|’s)?(?!\w)", " ", rest, flags=re.IGNORECASE)
    return found, rest


def _telling_words(document: Document, documents: list[Document]) -> list[str]:
    """Patterns by which people shorten its title: a word that no other title has, if it can mean nothing else."""
    others = {word for other in documents if other is not document for word in re.findall(r"\w+", other.title.lower())}
    own = [word for word in re.findall(r"\w{4,}", document.title.lower()) if word not in others]
    if len(document.title.split()) == 1:
        return own
    return [word if re.search(r"[a-z]\d", word) else rf"{word}(?:'s|’s)?\s+(?:section|part|notes?|document|changelog)"
            for word in own]


def _topics_named(words: str) -> tuple[set[Topic], str]:
    found: set[Topic] = set()
    for pattern, topic in ASKED:
        if re.search(rf"(?<!\w)(?:{pattern})(?!\w)", words, re.IGNORECASE):
            found.add(topic)
            words = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", " ", words, flags=re.IGNORECASE)
    return found, re.sub(r"(?i)\b(?:changes?|updates?|related|issues?|topics?|matters?|part|documents?)\b", " ", words)
