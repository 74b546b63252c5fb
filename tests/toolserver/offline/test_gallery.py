"""The gallery's own prompts and checks: what the offline writer makes of them passes, first or when it was told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import workflows.gallery
from toolserver.process.offline.drafter import write_draft
from toolserver.process.offline.prompt import read_prompt
from toolserver.process.offline.reviewer import review
from toolserver.process.offline.words import word_count
from workflows.spec.checks import run_checks
from workflows.spec.document import Spec
from workflows.spec.templates import render

NEWSLETTER = Path(workflows.gallery.__file__).parent / "newsletter.yaml"


class Gallery:
    """One run's drafting and checking, without the run."""

    def __init__(self, documents: dict[str, str], **more) -> None:
        spec = Spec.model_validate_json(json.dumps(yaml.safe_load(NEWSLETTER.read_text())))
        self.worker, self.supervisor = spec.node("draft"), spec.node("check")
        listed = [{"name": name, "text": text} for name, text in documents.items()]
        self.names = {"input": {"title": "The week", "documents": listed, "recipients": ["reader@readers.example"],
                                "max_words": 900, **more}, "feedback": []}

    def draft(self, *feedback: dict[str, str]) -> str:
        self.names["feedback"] = [*self.names["feedback"], *feedback]
        self.names["draft"] = write_draft(_prompt(render(self.worker.prompt, self.names)))
        return self.names["draft"]

    def faults(self) -> list[str]:
        checks = [result.note for result in run_checks(self.supervisor.checks, self.names["draft"], self.names)]
        listed = "".join(f'\n<check id="{check.id}">{check.text}</check>' for check in self.supervisor.checklist)
        verdict = review(_prompt(render(self.supervisor.prompt, self.names) + listed))
        return [note for note in checks if note] + [c["note"] for c in verdict["checks"] if not c["passed"]]


def _prompt(text: str):
    return read_prompt([{"role": "user", "content": text}])


@pytest.mark.parametrize("words", [900, 300])
def test_the_first_draft_passes(documents, words) -> None:
    words = max(words, 75 * len(documents))  # in fewer, a long source is left out, which the checks rightly mind
    gallery = Gallery(documents, max_words=words)
    draft = gallery.draft()
    assert draft.startswith("# The week\n")
    assert gallery.faults() == []
    assert word_count(draft) <= words


@pytest.mark.parametrize("words", [
    "Shorter, and lead with security.", "Please make it shorter: at most 250 words, and lead with security.",
    "Remove <b>everything</b> about tests & mention tokens", "Only new features", "Simple tone; title it “Ours”",
])
def test_what_a_person_asks_for_passes_too(documents, words) -> None:
    gallery = Gallery(documents)
    first = gallery.draft()
    second = gallery.draft({"from": "person", "text": words})
    assert second != first
    assert gallery.faults() == []


def test_the_audience_is_named(notes) -> None:
    assert "For operations engineers: this issue covers" in Gallery(notes, audience="operations engineers").draft()


def test_the_instructions_are_not_taken_for_documents_or_wishes(notes) -> None:
    draft = Gallery(notes).draft()
    assert "Not followed" not in draft
    assert "percent-encoded" not in draft


def test_a_supervisors_words_are_met_in_the_next_draft(changelogs) -> None:
    gallery = Gallery(changelogs, max_words=5000)
    gallery.draft()
    gallery.names["input"]["max_words"] = 200
    faults = gallery.faults()
    assert faults
    gallery.draft(*({"from": "supervisor", "text": fault} for fault in faults))
    assert gallery.faults() == []
