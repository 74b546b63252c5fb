"""What kind of change a statement tells of: by the heading over it, else by its words."""

from __future__ import annotations

import re
from typing import Literal

Topic = Literal["security", "breaking", "new", "fix", "docs", "other"]

_BY_HEADING: tuple[tuple[str, Topic], ...] = (
    (r"\bsecurity|vulnerab", "security"),
    (r"\bbreaking|deprecat|removed|removals|upgrade notes|migrat|backwards?[- ]incompat", "breaking"),
    (r"\bfix(?:es|ed)?\b|bug|patch", "fix"),
    (r"\badded|\bnew\b|features?|enhancement|improve", "new"),
    (r"\bdoc(?:s|umentation)\b", "docs"),
)
_SECURITY = re.compile(r"""\b(?:
    security | secure(?:d|ly)? | vulnerab\w+ | cve-?\d* | xss | csrf | ssrf | rce | passwords? | hasher | secrets?
    | credentials? | encrypt\w* | authenticat\w+ | authorization | unauthori[sz]ed | privilege\s+escalation
    | bearer\s+token | login\s+tokens? | sanitiz\w+ | inject(?:ion|ed) | brute[- ]force | rate[- ]limit(?:ing|ed|s)?
    | 2fa | totp | two-factor | tls | certificate\w* | path\s+traversal | denial\s+of\s+service | read-only\s+role
    | sensitive | leak(?:s|ed|ing)?\s+(?:of\s+)?(?:secret|token|credential)\w* | exfiltrat\w+ | redact\w*
    | escap(?:e|ing) | sign(?:ed|ing|ature)s?
    )\b""", re.IGNORECASE | re.VERBOSE)
_BREAKING = re.compile(r"""\b(?:
    breaking | incompatible | drop(?:s|ped)?\ (?:the\ )?support | deprecat\w+ | no\ longer\ support\w*
    | minimum\ required | must\ now | requires?\ (?:python|django|node|go)\ | remov(?:e|es|ed)\ (?:the\ |support)
    )""", re.IGNORECASE | re.VERBOSE)
_NEW = re.compile(r"""^\W*(?:
    add(?:s|ed)? | new | a\ new | launch\w* | introduc\w+ | implement\w* | support\w* | allow\w* | let | enabl\w+
    | expos\w+ )\b
    | \b(?:can\ now | now\ (?:also\ )?(?:support|allow|accept|report)\w* | is\ now\ available )\b
    """, re.IGNORECASE | re.VERBOSE)
_FIX = re.compile(r"""\b(?:
    fix(?:e[sd])? | bug | crash\w* | race\ condition | hang(?:s|ing)? | no\ longer | regression | incorrect\w* | avoid
    | prevent\w* | stop(?:s|ped)?\  )\b""", re.IGNORECASE | re.VERBOSE)
_DOCS = re.compile(r"(?i)\b(?:documentation|docs|typos?|readme|cookbook|docstrings?|type hints?|typing|type-check\w*|"
                   r"import \w+|refactor\w*|internal\w*|lint\w*|test suite)\b")

# The words by which people ask for a topic.
ASKED: tuple[tuple[str, Topic], ...] = (
    (r"secur\w*|vulnerabilit\w+|cves?", "security"),
    (r"breaking(?: changes?)?|deprecations?|removals?|incompatib\w+|upgrade notes?", "breaking"),
    (r"(?:bug[- ]?)?fix(?:es|ed)?|bugs?|corrections?", "fix"),
    (r"new(?: features?| things?| stuff)?|features?|additions?|improvements?|enhancements?|novelties", "new"),
    (r"doc(?:s|umentation)?(?: changes?)?", "docs"),
)
NAMES: dict[Topic, str] = {"security": "Security", "breaking": "Breaking changes", "new": "New features",
                           "fix": "Fixes", "docs": "Documentation", "other": "Other changes"}
WEIGHT: dict[Topic, float] = {"security": 3.0, "breaking": 2.4, "new": 1.4, "fix": 0.9, "docs": -1.2, "other": 0.4}


def topics_of(text: str, headings: tuple[str, ...]) -> frozenset[Topic]:
    """Every topic it belongs to; `other` only alone."""
    found: set[Topic] = set()
    for heading in headings:
        found |= {topic for pattern, topic in _BY_HEADING if re.search(pattern, heading, re.IGNORECASE)}
    if _SECURITY.search(text):
        found.add("security")
    if _BREAKING.search(text):
        found.add("breaking")
    if _DOCS.search(text):
        found.add("docs")
    if not found & {"new", "fix"}:
        found |= {"fix"} if _FIX.search(text) else {"new"} if _NEW.search(text) else set()
    return frozenset(found or {"other"})


def weight(topics: frozenset[Topic]) -> float:
    return WEIGHT["docs"] if "docs" in topics and "security" not in topics else max(WEIGHT[topic] for topic in topics)
