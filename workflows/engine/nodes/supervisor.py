"""A supervisor: deterministic checks, a model with a checklist, or both, judge a draft. It never acts."""

from __future__ import annotations

import json
from typing import Any

from langgraph.types import Command
from pydantic import BaseModel, ValidationError

from workflows.engine.failures import RunFails, TryAgain
from workflows.engine.nodes.model import ask, model_json
from workflows.engine.session import Session, Step
from workflows.engine.state import FEEDBACK, State, channel, complaints, left_by, names, revision_of, with_feedback
from workflows.spec.checks import run_checks
from workflows.spec.nodes import Supervisor
from workflows.spec.templates import render

VERDICT_SCHEMA: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["verdict", "summary", "checks"],
    "properties": {
        "verdict": {"enum": ["pass", "revise"]},
        "summary": {"type": "string"},
        "checks": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["id", "passed", "note"],
            "properties": {"id": {"type": "string"}, "passed": {"type": "boolean"}, "note": {"type": "string"}}}}},
}


class _Check(BaseModel):
    id: str
    passed: bool
    note: str = ""


class _Verdict(BaseModel):
    verdict: str
    summary: str = ""
    checks: list[_Check] = []


def run_supervisor(node: Supervisor, state: State, session: Session) -> Command:
    with session.step(node) as step:
        judged = left_by(state, node.judges)
        if judged is None:
            raise RunFails(f"There is no draft of {node.judges!r} to judge yet.", code="nothing_to_judge")
        verdict = _judge(node, state, session, step, judged["value"])
        step.told.update(verdict=verdict, judged_revision=judged["revision"])
        update: dict[str, Any] = {channel(node.id): {"value": verdict, "revision": judged["revision"]}}
        goto = node.next
        if verdict["verdict"] == "revise" and _revisions_remain(node, state, session):
            goto = node.revises
            update[FEEDBACK] = with_feedback(state, to=goto, source="supervisor", texts=complaints(verdict))
        return Command(update=update, goto=goto or "__end__")


def _revisions_remain(node: Supervisor, state: State, session: Session) -> bool:
    return revision_of(state, node.judges) - 1 < session.run.limits["revisions"]


def _judge(node: Supervisor, state: State, session: Session, step: Step, draft: Any) -> dict[str, Any]:
    known = names(state, session.spec, session.run.input, worker=node.judges)
    checks = [result.as_dict() for result in run_checks(node.checks, draft, known)]
    summary, passed = "", all(check["passed"] for check in checks)
    if node.model:
        said = _ask_model(node, session, step, draft, str(render(node.prompt or "", known)))
        checks += [check.model_dump() for check in said.checks]
        passed = passed and said.verdict == "pass" and all(check.passed for check in said.checks)
        summary = said.summary
    return {"verdict": "pass" if passed else "revise", "summary": summary or _summary(checks), "checks": checks}


def _summary(checks: list[dict[str, Any]]) -> str:
    failed = sum(not check["passed"] for check in checks)
    return f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks passed."


def _ask_model(node: Supervisor, session: Session, step: Step, draft: Any, prompt: str) -> _Verdict:
    text = draft if isinstance(draft, str) else json.dumps(draft, ensure_ascii=False)
    # Asked of the spec's own words, not of what they became: a document may hold such tags, too.
    if "<draft>" not in (node.prompt or ""):
        prompt += f"\n\n<draft>\n{text}\n</draft>"
    if node.checklist and "<check " not in (node.prompt or ""):
        prompt += "\n\n" + "\n".join(f'<check id="{item.id}">{item.text}</check>' for item in node.checklist)
    answer = ask(session, step, model=node.model or "", prompt=prompt, schema=VERDICT_SCHEMA)
    try:
        said = _Verdict.model_validate(model_json(answer))
    except ValidationError as error:
        raise TryAgain("The model's verdict does not have the shape it was asked for.", code="model_output_invalid",
                       reason="model_output") from error
    if said.verdict not in ("pass", "revise"):
        raise TryAgain(f"The model's verdict is {said.verdict[:40]!r}, not pass or revise.",
                       code="model_output_invalid", reason="model_output")
    return said
