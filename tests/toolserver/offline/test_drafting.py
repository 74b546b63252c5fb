"""The offline writer on real documents: readable, true to its sources line by line, and always the same."""

from __future__ import annotations

import re
import time

import pytest

from toolserver.process.offline.drafter import NothingToDraftFrom, write_draft
from toolserver.process.offline.inline import clean_markdown, clean_rst, sentences, tidy
from toolserver.process.offline.layout import escaped
from toolserver.process.offline.naming import human_name
from toolserver.process.offline.prompt import read_prompt
from toolserver.process.offline.words import bare_words, word_count
from workflows.spec.checks import Length, Links, Sections, run_checks

ITEM = re.compile(r"^- (?:\*\*[^*]+:\*\* )?(?P<text>.+) "
                  r"\(\[(?P<label>[^\]]+), line (?P<line>\d+)\]\(source:(?P<name>[^#]+)#L(?P=line)\)\)$")


def items(draft: str) -> list[re.Match[str]]:
    lines = [line for line in draft.splitlines() if line.startswith("- ")]
    return [ITEM.match(line) or pytest.fail(f"not an item: {line}") for line in lines]


def headings(draft: str) -> list[str]:
    return re.findall(r"(?m)^## (.+)$", draft)


def test_every_document_gets_a_section_and_every_item_a_source(documents, drafted) -> None:
    draft = drafted(documents)
    assert draft.startswith("# ")
    assert len(headings(draft)) == len(documents)
    assert {item["name"] for item in items(draft)} == set(documents)
    checks = [Sections(id="sections", type="sections", min=len(documents)),
              Length(id="length", type="length", min_words=80),
              Links(id="links", type="links", sources=list(documents), min=3 * len(documents))]
    assert [result.note for result in run_checks(checks, draft, {}) if not result.passed] == []


def test_every_item_stands_in_the_line_that_it_names(documents, drafted) -> None:
    for feedback in ((), ("longer, with more detail",), ("only security",)):
        for item in items(drafted(documents, *feedback)):
            lines = documents[item["name"]].splitlines()[int(item["line"]) - 1:]
            said, source = bare_words(item["text"]), bare_words(" ".join(lines[:12]))
            assert set(said[:3]) & set(bare_words(lines[0])), f"{item[0]} does not begin in its line"
            position = 0
            for word in said:
                assert word in source[position:], f"{word!r} of {item[0]} is not in the source, or out of order"
                position = source.index(word, position) + 1


def test_no_markup_is_left_over(documents, drafted) -> None:
    draft = drafted(documents, "longer")
    for item in items(draft):
        text = item["text"]
        assert text.count("`") % 2 == 0
        assert text[-1] in ".!?"
        assert len(text.split()) >= 3
        bare = re.sub(r"`[^`]*`", "code", text)
        assert not re.search(r"`_|``|:\w+:|\]\(|\[#|</|\|\w|@\w|\s[,.;:]", bare), text


def test_the_same_prompt_makes_the_same_draft(documents, drafted) -> None:
    words = "shorter, and lead with security"
    assert drafted(documents, words) == drafted(documents, words)


def test_it_says_that_it_is_offline(documents, drafted) -> None:
    last = drafted(documents).strip().splitlines()[-1]
    assert last.startswith("*Drafted offline by extraction from ")
    assert "no language model was used" in last


def test_sections_are_named_as_people_would(changelogs, drafted) -> None:
    assert headings(drafted(changelogs)) == [
        "Hatchet 0.101.27 (17 August 2026)", "Healthchecks 4.3 (14 July 2026)", "Dramatiq 2.2.0 (17 June 2026)",
        "Starlette 0.47.0 to 0.47.3 (29 May to 24 August 2025)"]


def test_the_lead_is_made_of_facts(changelogs, drafted) -> None:
    draft = drafted(changelogs)
    lead = draft.split("\n\n")[1]
    for fact in ("Hatchet 0.101.27 (17 August 2026)", "Dramatiq 2.2.0 (17 June 2026)", "two about security"):
        assert fact in lead
    assert f"picks out {len(items(draft))} points" in lead


def test_what_is_not_released_is_left_for_later(changelogs, drafted) -> None:
    assert "flapping" not in drafted(changelogs)


def test_the_shipped_notes_read_as_a_newsletter(notes, drafted) -> None:
    draft = drafted(notes, instructions="Title: The week at Countersign")
    assert draft.startswith("# The week at Countersign\n")
    assert headings(draft) == ["Countersign platform 0.3.0 (16 November 2026)",
                               "Tool server (20 October to 12 November 2026)",
                               "Editors' handbook (October to November 2026)"]


def test_a_word_limit_in_the_prompt_is_kept(changelogs, drafted) -> None:
    for limit in (80, 150, 250, 400):
        draft = drafted(changelogs, instructions=f"Write at most {limit} words.")
        assert word_count(draft) <= limit
        assert items(draft)
    assert "Left out for length: " in drafted(changelogs, instructions="at most 80 words")


def test_the_prompt_says_for_whom(changelogs, drafted) -> None:
    draft = drafted(changelogs, instructions="Audience: people who run Postgres\nWrite a newsletter.")
    assert "For people who run Postgres: this issue covers" in draft


@pytest.mark.parametrize("text", ["", "\n\n\n", "# Only a heading\n", "```\ncode\n```\n", "| a | b |\n|---|---|\n"])
def test_nothing_to_quote_is_said_and_not_made_up(drafted, text) -> None:
    with pytest.raises(NothingToDraftFrom):
        drafted({"empty.md": text})
    with pytest.raises(NothingToDraftFrom):
        drafted({})


def test_a_document_without_changelog_or_heading(drafted) -> None:
    draft = drafted({"meeting-2026.txt": "The board met on Monday. It approved the budget of the coming year. "
                                         "The next meeting is in March."})
    assert headings(draft) == ["Meeting 2026"]
    source = "([meeting-2026.txt, line 1](source:meeting-2026.txt#L1))"
    assert f"- It approved the budget of the coming year. {source}" in draft


def test_names_with_spaces_and_brackets_make_links_that_hold(drafted) -> None:
    text = ("# Gizmo release notes\n\n## 1.2.0 - 2026-05-01\n\n"
            "- Gizmos now turn both ways\n- Fix a gizmo that would not stop\n")
    draft = drafted({"Release notes (May) [final].md": text})
    assert headings(draft) == ["Gizmo 1.2.0 (1 May 2026)"]
    assert "(source:Release%20notes%20%28May%29%20%5Bfinal%5D.md#L5)" in draft
    result = run_checks([Links(id="links", type="links", sources=["Release notes (May) [final].md"])], draft, {})
    assert result[0].passed


def test_two_documents_of_one_name_are_told_apart() -> None:
    text = ('<document name="a.md">\n- The first one says this\n</document>'
            '<document name="a.md">- And that is the second\n</document>')
    draft = write_draft(read_prompt([{"role": "user", "content": text}]))
    assert "source:a.md#L1" in draft
    assert "source:a.md%20%282%29#L1" in draft


def test_markup_in_a_source_stays_text(drafted) -> None:
    text = "Changes\n=======\n\n1.0 (2026-01-02)\n----------------\n\n* Accept <script> and [x] in a\\*b names\n"
    draft = drafted({"a.rst": text})
    assert "- Accept \\<script> and \\[x\\] in a\\*b names." in draft


@pytest.mark.parametrize(("source", "printed"), [
    ("# not a heading", "\\# not a heading"), ("- not a list", "\\- not a list"),
    ("use *args and a_b `c*d`", "use \\*args and a_b `c*d`"),
    ("__init__ is called", "\\_\\_init\\_\\_ is called"), ("a<b", "a\\<b"),
])
def test_what_markdown_would_take_for_markup_is_escaped(source, printed) -> None:
    assert escaped(source) == printed


@pytest.mark.parametrize(("source", "cleaned"), [
    ("Add [the guide](https://x.example/a_(b)) and `code_[x](y)`", "Add the guide and `code_[x](y)`"),
    ("**Bold** and *em* and __both__ and snake_case_name", "Bold and em and both and snake_case_name"),
    ("See ![logo](x.png) here<br>now &amp; then", "See here now & then"),
    ("Fix `Foo.bar()` in .eml files [#12](https://x.example/12)", "Fix `Foo.bar()` in .eml files (#12)"),
    ("Update Check.rename() to work (#12, @someone)", "Update Check.rename() to work (#12)"),
    ("Thanks for all (@someone)", "Thanks for all"),
])
def test_markdown_is_cleaned(source, cleaned) -> None:
    assert tidy(clean_markdown(source)) == cleaned


@pytest.mark.parametrize(("source", "cleaned"), [
    ("Use ``foo_bar`` with :class:`~pkg.mod.Thing` and |Broker|.", "Use `foo_bar` with `Thing` and `Broker`."),
    ("See `the docs <https://x.example>`_ and `Other`_ or word_", "See the docs and Other or word"),
    ("Fixed it. (`#850`_, `#857`_, `@someone`_)", "Fixed it (#850, #857)."),
    ("*Emphasis*, **strong**, :ref:`a label <target>`", "Emphasis, strong, a label"),
])
def test_rst_is_cleaned(source, cleaned) -> None:
    assert tidy(clean_rst(source)) == cleaned


def test_sentences_end_where_they_end() -> None:
    text = "Use it, e.g. `a. B` or v1.2. It helps (see Fig. 3). Dr. Who agrees! Does it? Yes."
    assert [said.strip() for _, said in sentences(text)] == [
        "Use it, e.g. `a. B` or v1.2.", "It helps (see Fig. 3).", "Dr. Who agrees!", "Does it?", "Yes."]


@pytest.mark.parametrize(("file", "heading", "name"), [
    ("healthchecks-changelog.md", "Changelog", "Healthchecks"), ("CHANGES.rst", "Gizmo: release notes", "Gizmo"),
    ("lgpl-3.0.txt", "", "LGPL 3.0"), ("my_project_release_notes.md", "", "My Project"),
    ("CHANGELOG.md", "", "CHANGELOG.md"), ("x.md", "Tool server notes", "Tool server"),
])
def test_human_names(file, heading, name) -> None:
    assert human_name(file, heading, is_changelog=True) == name


def test_it_is_quick(documents, drafted) -> None:
    started = time.process_time()
    drafted({name: text * 5 for name, text in documents.items()}, "shorter; mention tokens; lead with security")
    assert time.process_time() - started < 10


@pytest.mark.parametrize("junk", ["[" * 6000, "`" * 6001, "[](" * 2000, "*a " * 2000, "**" * 3000, "``a `b" * 1000,
                                  "_a " * 2000, ":a:`" * 1500, "<a " * 2000, "#1, " * 1500, "(@a, " * 1200,
                                  "e.g. " * 1200, "\\[" * 3000])
@pytest.mark.parametrize("ending", ["md", "rst", "txt"])
def test_no_text_makes_it_slow(drafted, junk, ending) -> None:
    started = time.process_time()
    drafted({f"a.{ending}": f"- One plain thing to say first\n\n- {junk}\n\n{junk}\n\n# {junk}\n"}, junk[:200])
    assert time.process_time() - started < 5
