"""What templates and gates see of the graph's state."""

from __future__ import annotations

from tests.workflow_stage import SPEC
from workflows.engine.state import FEEDBACK, channel, complaints, feedback_for, names, objections_to, with_feedback
from workflows.spec.document import Spec

NEWSLETTER = Spec.model_validate(SPEC)


def verdict(kind: str, *notes: str, summary: str = "") -> dict:
    return {"verdict": kind, "summary": summary,
            "checks": [{"id": f"c{n}", "passed": False, "note": note} for n, note in enumerate(notes)]}


def state(*, drafts: int, judged: int, **said) -> dict:
    return {channel("draft"): {"value": "text", "revision": drafts},
            channel("check"): {"value": said.get("verdict", verdict("revise", "Too long.")), "revision": judged}}


def test_objections_are_those_to_the_newest_draft():
    assert objections_to(state(drafts=1, judged=1), NEWSLETTER, "draft") == ["Too long."]
    assert objections_to(state(drafts=2, judged=1), NEWSLETTER, "draft") == []
    assert objections_to(state(drafts=1, judged=1, verdict=verdict("pass")), NEWSLETTER, "draft") == []


def test_a_verdict_without_failed_checks_still_says_something():
    assert complaints(verdict("revise", summary="Too dry.")) == ["Too dry."]
    assert complaints(verdict("revise", "")) == ["The check “c0” failed."]
    assert complaints(verdict("revise")) == ["It needs another revision."]


def test_peoples_words_stay_and_a_supervisors_are_replaced():
    now: dict = {}
    for source, text in [("supervisor", "Old."), ("person", "Mention the flood."), ("supervisor", "New.")]:
        now[FEEDBACK] = with_feedback(now, to="draft", source=source, texts=[text])
    assert feedback_for(now, "draft") == [{"from": "person", "text": "Mention the flood."},
                                          {"from": "supervisor", "text": "New."}]
    assert feedback_for(now, "other") == []


def test_names_are_the_nodes_outputs_and_what_concerns_the_worker():
    known = names(state(drafts=2, judged=2), NEWSLETTER, {"title": "March"}, worker="draft")
    assert (known["draft"], known["revision"], known["objections"]) == ("text", 3, ["Too long."])
    assert known["check"]["verdict"] == "revise"
    assert known["input"] == {"title": "March"}
    assert "gate" not in known
    assert "publish" not in known
