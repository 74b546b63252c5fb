"""The graph's state: one channel a node, holding what the node left, and the feedback that workers are to heed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from workflows.spec.document import Spec
from workflows.spec.nodes import Approval, Supervisor, Worker

State = Mapping[str, Any]
FEEDBACK = "run.feedback"


def channel(node_id: str) -> str:
    """A name that no node can have: LangGraph keeps nodes and channels in one namespace."""
    return f"{node_id}.output"


def state_type(spec: Spec) -> type:
    return TypedDict("State", {FEEDBACK: list, **{channel(node.id): dict for node in spec.nodes}}, total=False)


def left_by(state: State, node_id: str) -> dict[str, Any] | None:
    """What a node left: a worker `{value, revision}`, a supervisor `{value, revision}` of the draft that it judged,
    a gate `{request, revision, calls}`, a tool `{value, entry}`; None before it ran."""
    return state.get(channel(node_id))


def revision_of(state: State, worker: str) -> int:
    """How many drafts a worker has written."""
    return (left_by(state, worker) or {}).get("revision", 0)


def feedback_for(state: State, worker: str) -> list[dict[str, str]]:
    return [{"from": each["from"], "text": each["text"]} for each in state.get(FEEDBACK) or [] if each["to"] == worker]


def with_feedback(state: State, *, to: str, source: str, texts: list[str]) -> list[dict[str, str]]:
    """The feedback with these words added. A supervisor's newest words replace its older ones; people's stay."""
    kept = [each for each in state.get(FEEDBACK) or []
            if not (source == "supervisor" and each["to"] == to and each["from"] == "supervisor")]
    return kept + [{"to": to, "from": source, "text": text} for text in texts if text.strip()]


def objections_to(state: State, spec: Spec, worker: str) -> list[str]:
    """What the supervisors still hold against a worker's newest draft."""
    objections: list[str] = []
    for node in spec.nodes:
        if isinstance(node, Supervisor) and node.judges == worker:
            left = left_by(state, node.id)
            if left and left["revision"] == revision_of(state, worker) and left["value"]["verdict"] == "revise":
                objections += complaints(left["value"])
    return objections


def complaints(verdict: Mapping[str, Any]) -> list[str]:
    """A verdict's faults as sentences a writer can act on."""
    failed = [check for check in verdict["checks"] if not check["passed"]]
    notes = [check["note"] or f"The check “{check['id']}” failed." for check in failed]
    return notes or ([verdict["summary"]] if verdict["summary"] else ["It needs another revision."])


def names(state: State, spec: Spec, run_input: dict[str, Any], *, worker: str | None) -> dict[str, Any]:
    """What templates see. `worker` is the one whose revision, feedback and objections are meant."""
    known = {"input": run_input, "feedback": [], "objections": [], "revision": 1}
    if worker:
        known |= {"feedback": feedback_for(state, worker), "objections": objections_to(state, spec, worker),
                  "revision": revision_of(state, worker) + 1}
    for node in spec.nodes:
        left = left_by(state, node.id)
        if left is not None and not isinstance(node, Approval):
            known[node.id] = left["value"]
    return known


def workers(spec: Spec) -> list[Worker]:
    return [node for node in spec.nodes if isinstance(node, Worker)]
