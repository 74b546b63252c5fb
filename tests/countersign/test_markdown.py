"""Markdown in threads: what a library fills at its first use is full before the second thread comes."""

from __future__ import annotations

import subprocess
import sys


def test_the_tables_of_links_are_full_once_it_is_imported():
    """In a process of its own: here they are full already."""
    told = subprocess.run([sys.executable, "-c", (
        "import countersign.markdown, mdurl._encode as e, mdurl._decode as d\n"
        "print(sorted({len(table) for table in [*e.encode_cache.values(), *d.decode_cache.values()]}))\n"
        "before = set(e.encode_cache) | set(d.decode_cache)\n"
        "countersign.markdown.MarkdownIt('commonmark').render('<https://a.example/é%20> [b](http://b.example/ü)')\n"
        "print(set(e.encode_cache) | set(d.decode_cache) == before)")], capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[:2] == ["[128]", "True"]
