"""A tool: one MCP call. A call that acts is exactly the one that people approved, with their grant and its key."""

from __future__ import annotations

from typing import Any

from langgraph.types import Command

from workflows.engine.failures import (
    HOST_AWAY,
    HOST_DELAYS,
    NeedsAttention,
    PolicyRefused,
    RunFails,
    StepFailed,
    TryAgain,
)
from workflows.engine.grants import grant_of
from workflows.engine.host import HostFailed, ToolOutcome
from workflows.engine.pulse import pulse
from workflows.engine.session import Session, Step
from workflows.engine.state import State, channel, left_by, names
from workflows.spec.nodes import Approval, Tool
from workflows.spec.templates import render_value

#: Seconds before each further try at a call that may safely be asked for again.
AGAIN_DELAYS = (1, 4, 15, 60)
#: For longer than the host lets any call run: by then it knows what came of this one.
IN_PROGRESS_DELAYS = (1, 4, 15, *[30] * 14)


def run_tool(node: Tool, state: State, session: Session) -> Command:
    gate = _gate_that_released(node, state, session)
    with session.step(node, limited=gate is None) as step:
        outcome = _call(node, gate, state, session, step)
        step.told.update(tool=node.tool, outcome=outcome.outcome, ledger_entry=outcome.entry)
        left = {"value": outcome.result, "entry": outcome.entry}
        return Command(update={channel(node.id): left}, goto=node.next or "__end__")


def _gate_that_released(node: Tool, state: State, session: Session) -> dict[str, Any] | None:
    """What the newest gate left that approved this call."""
    gates = [left for each in session.spec.nodes if isinstance(each, Approval) and node.id in each.releases
             and (left := left_by(state, each.id))]
    return max(gates, key=lambda left: left["request"], default=None)


def _call(node: Tool, gate: dict[str, Any] | None, state: State, session: Session, step: Step) -> ToolOutcome:
    if gate:
        arguments = gate["calls"][node.id]["arguments"]
        grant = grant_of(session, gate["request"], node.id)
        key = f"{gate['request']}:{node.id}"
    else:
        arguments = render_value(node.arguments, names(state, session.spec, session.run.input, worker=None))
        grant, key = None, f"{session.run.id}:{node.id}:{session.steps_taken}"
    session.saver.tell("tool.called", node.id, {"tool": node.tool, "key": key})
    try:
        with pulse.keeping(session.saver):
            outcome = session.host.call(node.tool, arguments, grant=grant, key=key)
    except HostFailed as failure:
        raise as_step_failure(failure) from failure
    session.saver.tell("tool.outcome", node.id, {
        "tool": node.tool, "outcome": outcome.outcome, "ledger_entry": outcome.entry, "code": outcome.code,
        "detail": outcome.detail})
    if outcome.outcome != "done":
        raise _unfinished(outcome)
    return outcome


def _unfinished(outcome: ToolOutcome) -> StepFailed:
    """Proven not to have happened: try again, or ask. Not known: ask, unless it may safely happen twice, which is for
    the host to say. It is never guessed (design §4.7)."""
    if outcome.outcome != "not_done":
        return _in_doubt(outcome)
    if outcome.code in REFUSALS:
        return _refusal(outcome.code, outcome.detail)
    if outcome.retryable:
        return TryAgain(outcome.detail or "The tool did nothing this time.", code=outcome.code or "tool_not_done",
                        reason="tool_not_done", delays=AGAIN_DELAYS, ledger_entry=outcome.entry)
    return NeedsAttention(outcome.detail or "The tool refused to do this.", code="tool_not_done",
                          ledger_entry=outcome.entry, cause=outcome.code)


def _in_doubt(outcome: ToolOutcome) -> StepFailed:
    if outcome.retryable:
        return TryAgain("It is not known whether this call happened. The tool may safely be called again.",
                        code="in_doubt", reason="in_doubt", delays=AGAIN_DELAYS, ledger_entry=outcome.entry,
                        outcome=outcome.detail)
    return NeedsAttention("It is not known whether this call happened. Look at the outside, then say.",
                          code="in_doubt", ledger_entry=outcome.entry, outcome=outcome.detail)


REFUSALS = frozenset({
    "grant_required", "grant_forged", "grant_wrong_tenant", "grant_wrong_run", "grant_wrong_tool",
    "grant_schema_changed", "grant_arguments_differ", "grant_not_yet_valid", "grant_expired", "grant_used",
    "grant_revoked", "grant_unknown", "grant_approver_gone"})


def as_step_failure(failure: HostFailed) -> StepFailed:
    """No outcome came, so nothing is known of this call: it may have begun. Asking again under its key finds out."""
    if failure.code in REFUSALS:
        return _refusal(failure.code, failure.detail)
    if failure.error_class == "transient":
        delays = (IN_PROGRESS_DELAYS if failure.code == "call_in_progress" else
                  HOST_DELAYS if failure.code in HOST_AWAY else AGAIN_DELAYS)
        return TryAgain(failure.detail, code=failure.code, reason="tool_unreachable", delays=delays)
    if failure.error_class == "policy":
        return PolicyRefused(failure.detail, code=failure.code)
    return RunFails(failure.detail, code=failure.code)


def _refusal(code: str, detail: str) -> StepFailed:
    """An expired grant may be issued again by people; a held one comes of age; any other refusal stands."""
    if code == "grant_expired":
        return NeedsAttention("The approval has expired. Retry, and it is given again if its people still may.",
                              code=code)
    if code == "grant_not_yet_valid":
        return TryAgain(detail, code=code, reason="grant_held", delays=AGAIN_DELAYS)
    return PolicyRefused(detail or "The tool server refused the call.", code=code)
