"""A gate: the run stops with a plan until people have decided on exactly that plan."""

from __future__ import annotations

import json
from typing import Any

from langgraph.errors import GraphInterrupt
from langgraph.types import Command, interrupt

from workflows.engine.failures import NeedsAttention, RunFails
from workflows.engine.session import Session
from workflows.engine.state import (
    FEEDBACK,
    State,
    channel,
    left_by,
    names,
    objections_to,
    revision_of,
    with_feedback,
)
from workflows.spec.nodes import Approval, Supervisor, Tool
from workflows.spec.templates import render_value

#: How far people's requests for changes may go beyond the spec's limit on revisions.
PEOPLE_MAY_ADD = 10


def run_approval(node: Approval, state: State, session: Session) -> Command:
    """Interrupts with what people are to see. Nothing is done before that: on resume it all runs again."""
    try:
        settled = interrupt(gate_of(node, state, session))
    except GraphInterrupt:  # nobody has decided yet; what people have decided is not undone by a limit
        session.check_limits()
        raise
    with session.step(node, limited=False) as step:
        step.told.update(verdict=settled["verdict"], request=settled["request"])
        if settled["verdict"] == "approve":
            calls = {call["id"]: call for call in settled["plan"]["calls"]}
            left = {"request": settled["request"], "revision": settled["revision"], "calls": calls}
            return Command(update={channel(node.id): left}, goto=node.next or "__end__")
        if revision_of(state, node.revises) - 1 >= session.run.limits["revisions"] + PEOPLE_MAY_ADD:
            raise NeedsAttention("People asked for changes more often than this run may revise.",
                                 code="limit_revisions")
        feedback = with_feedback(state, to=node.revises, source="person", texts=settled["feedback"])
        return Command(update={FEEDBACK: feedback}, goto=node.revises)


def gate_of(node: Approval, state: State, session: Session) -> dict[str, Any]:
    """The plan, whose hash people sign, and what they are shown beside it. Made from the state alone."""
    draft = left_by(state, node.shows)
    if draft is None:
        raise RunFails(f"There is no draft of {node.shows!r} to show yet.", code="nothing_to_show")
    value = draft["value"]
    pin = session.pins.gates[node.id]
    return {
        "gate": node.id,
        "revision": draft["revision"],
        "policy": pin.policy,
        "plan": {"version": str(session.run.version_id), "policy_hash": pin.policy_hash,
                 "calls": [_planned(node, call, state, session) for call in node.releases]},
        "shown": {"draft": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2),
                  "format": "markdown" if isinstance(value, str) else "json",
                  "verdict": _verdict(node, state, session),
                  "objections": objections_to(state, session.spec, node.shows),
                  "notes": [each["text"] for each in state.get(FEEDBACK) or [] if each["from"] == "person"]},
    }


def _planned(node: Approval, call: str, state: State, session: Session) -> dict[str, Any]:
    tool = session.spec.node(call)
    assert isinstance(tool, Tool)
    known = names(state, session.spec, session.run.input, worker=node.shows)
    return {"id": call, "tool": tool.tool, "schema_hash": session.pins.tools[tool.tool].schema_hash,
            "arguments": render_value(tool.arguments, known)}


def _verdict(node: Approval, state: State, session: Session) -> dict[str, Any] | None:
    """Of the supervisors that judged what is shown, the last one in the spec's order that has spoken."""
    verdicts = [left["value"] for each in session.spec.nodes
                if isinstance(each, Supervisor) and each.judges == node.shows
                and (left := left_by(state, each.id)) and left["revision"] == revision_of(state, node.shows)]
    return verdicts[-1] if verdicts else None
