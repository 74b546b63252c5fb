"""Inline markup undone: what is left is plain text with `code` spans, and a newline wherever a source line ended."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

_CODE = re.compile("[\ue000-\uf8ff]")

_ABBREVIATIONS = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|no|fig|sec|art|inc|ltd|corp|mr|mrs|ms|dr|st|v)\.|"
                            r"\b[A-Z]\.)$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[A-Z0-9\"'“(\[#\ue000-\uf8ff])")
# Repetitions exclude each other's first characters, so that no text makes the patterns slow.
_LABEL = r"[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*"
_LINK = rf"\[({_LABEL})\]\(\s*(?:<[^<>]*>|[^()\[\]\s<>]*(?:\([^()\[\]]*\)[^()\[\]\s<>]*)*)(?:\s+[\"'][^()]*)?\s*\)"
_REFERENCES = r"#\d+(?:,\s*#\d+)*"


class Spans:
    """Code spans set aside while the rest is cleaned, as private-use characters."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, code: str) -> str:
        code = " ".join(code.split()).replace("`", "'")
        if len(self.kept) >= 6000:
            return code
        self.kept.append(code)
        return chr(0xE000 + len(self.kept) - 1)

    def restore(self, text: str) -> str:
        return _CODE.sub(lambda match: f"`{self.kept[ord(match[0]) - 0xE000]}`", text)


def clean_markdown(text: str) -> str:
    spans = Spans()
    text = _strip_private_use(text)
    for pattern, replacement in (
        (r"(?<!`)(`{1,3})(?!`)(.+?)(?<!`)\1(?!`)", lambda m: spans.keep(m[2])),
        (r"!\[[^\[\]]*\]\([^()]*\)", lambda m: ""),
        (_LINK, lambda m: m[1]),
        (r"\[([^\[\]]+)\]\[[^\[\]]*\]", lambda m: m[1]),
        (r"<((?:https?|mailto):[^>\s]+)>", lambda m: m[1]),
        (r"<!--.*?-->", lambda m: ""),
        (r"</?[A-Za-z][^<>]*>", lambda m: " " if m[0][1:3].lower() == "br" else ""),
        (r"\*\*(?=\S)(.+?)(?<=\S)\*\*", lambda m: m[1]),
        (r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)", lambda m: m[1]),
        (r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])", lambda m: m[1]),
        (r"(?<!\w)_(?=[^\s_])([^_]+?)(?<=\S)_(?!\w)", lambda m: m[1]),
        (r"~~(.+?)~~", lambda m: ""),
        (r"\\([!-/:-@\[-`{-~])", lambda m: m[1]),
    ):
        text = _replace(pattern, replacement, text)
    return spans.restore(html.unescape(text))


def clean_rst(text: str) -> str:
    spans = Spans()
    text = _strip_private_use(text)
    code_roles = (r"(?:py:)?(?:func|class|meth|mod|attr|exc|data|obj|const|program|option|envvar|setting|code|file|"
                  r"command)")
    for pattern, replacement in (
        (r"``(.+?)``", lambda m: spans.keep(m[1])),
        (rf":{code_roles}:`~?!?([^`<]+?)(?:\s*<[^>]*>)?`", lambda m: spans.keep(m[1].split(".")[-1] or m[1])),
        (r":[\w:.+-]+:`([^`<]+?)(?:\s*<[^>]*>)?`", lambda m: m[1]),
        (r"`([^`<]+?)\s*<[^>]*>`__?", lambda m: m[1]),
        (r"`([^`]+?)`__?", lambda m: m[1]),
        (r"`([^`]+?)`", lambda m: spans.keep(m[1])),
        (r"\|([^|\s][^|]*?)\|_{0,2}", lambda m: spans.keep(m[1])),
        (r"\[(\d+|#\w*|\*)\]_", lambda m: ""),
        (r"\*\*(?=\S)(.+?)(?<=\S)\*\*", lambda m: m[1]),
        (r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])", lambda m: m[1]),
        (r"(?<![\w_])([A-Za-z0-9][A-Za-z0-9.-]*)__?(?![\w_])", lambda m: m[1]),
        (r"\\(.)", lambda m: m[1]),
    ):
        text = _replace(pattern, replacement, text)
    return spans.restore(text)


def clean_plain(text: str) -> str:
    return _strip_private_use(text)


def tidy(text: str) -> str:
    """One line, as a newsletter would print it: no handles of contributors, issue numbers in one bracket."""
    text = " ".join(text.split())
    text = re.sub(r"(?<=[(,\s])(?:thanks to\s+)?@[\w-]+(?:\[bot\])?", "", text)
    text = re.sub(r"\(\s*(?:,\s*)*", "(", re.sub(r"(?:\s*,)+\s*\)", ")", re.sub(r",(?:\s*,)+", ",", text)))
    text = re.sub(r"\s+\(\s*\)", "", text)
    if re.search(rf"\w.*{_REFERENCES}", text):
        text = re.sub(rf"\s*\(?({_REFERENCES})\)?\s*\.?$", r" (\1)", text)
    text = re.sub(rf"\.\s*\(({_REFERENCES})\)\.?$", r" (\1).", text)
    return re.sub(r"\s+([.,;:!?](?=\s|$)|\))", r"\1", text).strip(" -–—")


def sentences(text: str) -> list[tuple[int, str]]:
    """Each sentence with the offset at which it begins; abbreviations and code don't end one."""
    masked = re.sub(r"`[^`\n]*`", lambda match: "\ue000" * len(match[0]), text)
    cuts = [0]
    for match in _SENTENCE_END.finditer(masked):
        before = masked[cuts[-1]:match.start() + 1]
        if not _ABBREVIATIONS.search(masked[cuts[-1]:match.start()]) and len(before.split()) > 1:
            cuts.append(match.end())
    return [(start, text[start:end]) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
            if text[start:end].strip()]


def _replace(pattern: str, replacement: Callable[[re.Match[str]], str], text: str) -> str:
    """`re.sub` that never loses a newline: they count the source's lines."""
    def keep_lines(match: re.Match[str]) -> str:
        new = replacement(match)
        return new + "\n" * (match[0].count("\n") - new.count("\n"))

    return re.sub(pattern, keep_lines, text, flags=re.DOTALL)


def _strip_private_use(text: str) -> str:
    return _CODE.sub("", text)
