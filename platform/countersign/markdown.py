"""CommonMark, for threads: mdurl, which markdown-it asks about every link, fills its tables at the first one it sees,
and a second thread would read them half full (IndexError). Whoever imports this has them whole."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink, normalizeLinkText

__all__ = ["MarkdownIt"]

for _fill in (normalizeLink, normalizeLinkText):
    _fill("https://example.org/%20")
