"""What people would call a document: from its own heading where that says something, else from its file's name."""

from __future__ import annotations

import re

_GENERIC = ("changelog", "changes", "change log", "release notes", "releases", "release history", "history", "news",
            "notes", "readme", "what's new", "what changed", "whats new", "updates", "overview", "unreleased")
_GENERIC_TAIL = re.compile(r"[\s:–—-]+(?:the )?(?:" + "|".join(map(re.escape, _GENERIC)) + r")\s*$", re.IGNORECASE)
_FILE_WORDS = {"changelog", "changes", "release", "releases", "notes", "history", "news", "readme", "md", "rst", "txt",
               "whatsnew"}
_ACRONYM = re.compile(r"^(?:[bcdfghjklmnpqrstvwxz]+|api|sdk|cli|gui|ui|ai|io|os|aws|iam|oidc|saml|owasp|cve|url|uri)$")
_KNOWN_SMALL = {"and", "for", "of", "the", "to", "in", "on", "a"}


def human_name(file_name: str, heading: str, *, is_changelog: bool) -> str:
    """`healthchecks-changelog.md` → `Healthchecks`; `Tool server notes` → `Tool server`."""
    said = _GENERIC_TAIL.sub("", heading).strip(" :–—-")
    if said and said.lower() not in _GENERIC and len(said) <= 90:
        return said if is_changelog else heading.strip()
    return name_from_file(file_name) or said or file_name


def name_from_file(file_name: str) -> str:
    stem = re.sub(r"\.[A-Za-z]{1,8}$", "", file_name.rsplit("/", 1)[-1])
    words = [word for word in re.split(r"[-_\s]+", stem) if word and word.lower() not in _FILE_WORDS]
    return " ".join(_cased(word, first=n == 0) for n, word in enumerate(words))


def _cased(word: str, *, first: bool) -> str:
    if not word.islower() or (word in _KNOWN_SMALL and not first):
        return word
    return word.upper() if _ACRONYM.match(word) and word not in _KNOWN_SMALL else word[0].upper() + word[1:]
