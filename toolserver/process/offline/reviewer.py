"""The offline reviewer: a checklist judged by rules, with the verdict that a model would be asked for."""

from __future__ import annotations

import re
from typing import Any

from toolserver.process.offline.prompt import Prompt
from toolserver.process.offline.reading import read_draft
from toolserver.process.offline.review_rules import RULES, Material

NOT_JUDGED = "not judged offline"

# Judged when a prompt brings no checklist of its own.
USUAL_CHECKS = (
    ("title", "It has one title."), ("sections", "It has at least 1 section."),
    ("sourced", "Every item links to its source, and its line holds those words."),
    ("duplicates", "Nothing is said twice: no duplicates."), ("leftovers", "No leftovers such as TODO or markup."),
)


def review(prompt: Prompt) -> dict[str, Any]:
    """`{"verdict": "pass" | "revise", "summary", "checks": [{"id", "passed", "note"}]}`.

    A check that no rule can judge passes with the note `not judged offline`, so that nobody takes it for approved.
    """
    if not prompt.draft:
        checks = [{"id": "draft", "passed": False, "note": "There is no draft to judge."}]
        return {"verdict": "revise", "summary": "There is no draft to judge.", "checks": checks}
    material = Material(read_draft(prompt.draft), {name: text.splitlines() for name, text in prompt.documents})
    checks = [_judge(material, id, text) for id, text in prompt.checks or USUAL_CHECKS]
    failed = [check for check in checks if not check["passed"]]
    return {"verdict": "revise" if failed else "pass", "summary": _summary(checks, failed), "checks": checks}


def _judge(material: Material, id: str, text: str) -> dict[str, Any]:
    wanted = f"{id.replace('_', ' ').replace('-', ' ')}: {text}"
    rules = [rule for pattern, rule in RULES if re.search(pattern, wanted, re.IGNORECASE)]
    if not rules:
        return {"id": id, "passed": True, "note": NOT_JUDGED}
    faults = [fault for rule in dict.fromkeys(rules) for fault in rule(material, wanted)]
    return {"id": id, "passed": not faults, "note": " ".join(faults)}


def _summary(checks: list[dict[str, Any]], failed: list[dict[str, Any]]) -> str:
    unjudged = sum(check["note"] == NOT_JUDGED for check in checks)
    tail = f" {unjudged} could not be judged by rules." if unjudged else ""
    if not failed:
        judged = f"{len(checks) - unjudged} of {len(checks)} checks judged"
        return f"Reviewed offline, by rules: {judged}, none failed.{tail}"
    names = ", ".join(check["id"] for check in failed)
    return f"Reviewed offline, by rules: {len(failed)} of {len(checks)} checks failed ({names}).{tail}"
