"""The offline reviewer catches what is planted, and passes what is right."""

from __future__ import annotations

import re

import pytest

from toolserver.process.offline.reviewer import NOT_JUDGED, review

CHECKLIST = {
    "title": "It has one title.", "sections": "There is at least one section per document.",
    "length": "It has at most 900 words.", "sourced": "Every item links to its source.",
    "true": "Nothing is invented: each item says what its source says.",
    "duplicates": "Nothing is said twice: no duplicates.",
    "leftovers": "No leftovers such as TODO or markup.", "lead": "A lead paragraph comes before the first section.",
}


@pytest.fixture
def judged(prompt):
    def judge(documents: dict, draft: str, checks: dict | None = None) -> dict:
        checks = CHECKLIST if checks is None else checks
        return review(prompt(documents, "Judge the draft.", draft=draft, checks=checks))

    return judge


def failed(verdict: dict) -> dict[str, str]:
    return {check["id"]: check["note"] for check in verdict["checks"] if not check["passed"]}


@pytest.mark.parametrize("feedback", [(), ("longer",), ("at most 250 words, and lead with security",), ("simple tone",),
                                      ("only new features",)])
def test_the_offline_writers_drafts_pass(documents, drafted, judged, feedback) -> None:
    checks = {id: text for id, text in CHECKLIST.items() if not (id == "sections" and feedback)}
    verdict = judged(documents, drafted(documents, *feedback), checks | {"length": "at most 2000 words"})
    assert failed(verdict) == {}
    assert verdict["verdict"] == "pass"


@pytest.fixture
def draft(notes, drafted) -> str:
    return drafted(notes)


def test_an_invented_item_is_caught(notes, draft, judged) -> None:
    source = "([platform-release-notes.md, line 7](source:platform-release-notes.md#L7))"
    planted = draft.replace("\n- ", f"\n- Profits doubled in the third quarter. {source}\n- ", 1)
    verdict = judged(notes, planted)
    assert verdict["verdict"] == "revise"
    assert set(failed(verdict)) == {"sourced", "true"}
    note = failed(verdict)["true"]
    assert "“Profits doubled in the third quarter.” (not in platform-release-notes.md, line 7)" in note


def test_one_changed_number_or_word_is_caught(changelogs, drafted, judged) -> None:
    draft = drafted(changelogs)
    assert "Python 3.12 and older" in draft
    for planted in (draft.replace("Python 3.12 and older", "Python 2.7 and older"),
                    draft.replace("default hasher for passwords and login tokens", "only hasher for cookies")):
        assert "true" in failed(judged(changelogs, planted))


def test_an_item_without_a_source_is_caught(notes, draft, judged) -> None:
    planted = re.sub(r" \(\[[^\]]+\]\(source:[^)]+\)\)", "", draft, count=2)
    note = failed(judged(notes, planted))["sourced"]
    assert "These list items hold no link: “" in note


def test_a_source_that_does_not_exist_is_caught(notes, draft, judged) -> None:
    planted = draft.replace("source:tool-server-notes.md#L", "source:annual-report.md#L", 1)
    assert "These sources do not exist: “annual-report.md”." in failed(judged(notes, planted))["sourced"]


def test_a_wrong_line_is_caught(notes, draft, judged) -> None:
    planted = re.sub(r"platform-release-notes.md#L\d+", "platform-release-notes.md#L1", draft, count=1)
    assert "not in platform-release-notes.md, line 1" in failed(judged(notes, planted))["true"]
    planted = re.sub(r"platform-release-notes.md#L\d+", "platform-release-notes.md#L4000", draft, count=1)
    assert "platform-release-notes.md has no line 4000." in failed(judged(notes, planted))["sourced"]


@pytest.mark.parametrize(("checks", "note"), [
    ({"length": "At most 100 words"}, r"It has \d+ words; it may have 100 at most\."),
    ({"length": "Between 10 and 20 words."}, r"it may have 20 at most"),
    ({"length": "It has at least 5000 words"}, r"It has \d+ words; it needs at least 5000\."),
    ({"size": "no more than 50 words"}, r"it may have 50 at most"),
])
def test_length(notes, draft, judged, checks, note) -> None:
    assert re.search(note, next(iter(failed(judged(notes, draft, checks)).values())))


def test_too_few_sections_and_a_forgotten_document(notes, draft, judged, drafted) -> None:
    assert "it needs at least 9" in failed(judged(notes, draft, {"sections": "at least 9 sections"}))["sections"]
    without = drafted(notes, "drop the tool server notes")
    assert "Nothing in it comes from “tool-server-notes.md”." in failed(judged(notes, without))["sections"]


def test_the_same_thing_twice_is_caught(notes, draft, judged) -> None:
    item = next(line for line in draft.splitlines() if line.startswith("- "))
    assert set(failed(judged(notes, draft.replace(item, f"{item}\n{item}", 1)))) == {"duplicates"}


@pytest.mark.parametrize("leftover", ["TODO: say more", "{{ draft }}", ":ref:`label`", "lorem ipsum",
                                      "an `open code span", "</document>", "[empty]()"])
def test_leftovers_are_caught(notes, draft, judged, leftover) -> None:
    planted = draft.replace("\n## ", f"\n{leftover}\n\n## ", 1)
    assert "leftovers" in failed(judged(notes, planted))


def test_a_missing_title_and_lead_are_caught(notes, draft, judged) -> None:
    untitled = draft.partition("\n")[2]
    assert "title" in failed(judged(notes, untitled))
    assert "Title it “The week”." in failed(judged(notes, draft, {"title": 'Its title says "The week"'}))["title"]
    no_lead = re.sub(r"(?s)\n\nThis issue covers.*?\n\n##", "\n\n##", draft, count=1)
    assert "lead" in failed(judged(notes, no_lead))


def test_phrases_wanted_and_unwanted(notes, draft, judged) -> None:
    assert failed(judged(notes, draft, {"names": 'It mentions "Countersign platform"'})) == {}
    assert "It does not say “Gizmo”." in failed(judged(notes, draft, {"names": 'It mentions "Gizmo"'}))["names"]
    note = failed(judged(notes, draft, {"tone": 'It must not say "Countersign platform"'}))["tone"]
    assert "It must not say “Countersign platform”." in note


def test_what_no_rule_can_judge_is_passed_and_labelled(notes, draft, judged) -> None:
    verdict = judged(notes, draft, {"tone": "The tone is warm and confident."})
    assert verdict["checks"] == [{"id": "tone", "passed": True, "note": NOT_JUDGED}]
    assert "1 could not be judged by rules." in verdict["summary"]


def test_without_a_checklist_the_usual_checks_are_made(notes, draft, judged) -> None:
    assert judged(notes, draft, {})["verdict"] == "pass"
    assert judged(notes, "Just a sentence.", {})["verdict"] == "revise"


def test_without_a_draft_there_is_nothing_to_pass(notes, judged) -> None:
    assert judged(notes, "")["verdict"] == "revise"


def test_the_reviewers_notes_lead_the_writer_to_a_draft_that_passes(notes, drafted, judged) -> None:
    checks = {"length": "at most 150 words", "sections": "at least 2 sections", "sourced": "every item is sourced"}
    first = drafted(notes)
    verdict = judged(notes, first, checks)
    assert verdict["verdict"] == "revise"
    words = "\n".join(f"- {id}: {note}" for id, note in failed(verdict).items())
    second = drafted(notes, words, previous=first, source="supervisor")
    assert judged(notes, second, checks)["verdict"] == "pass"
