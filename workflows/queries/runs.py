"""Reading runs: what happened so far, made from the run's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from approvals.models import Scope
from approvals.permissions import may
from countersign.database.statements import ask, load
from tenants.models import User
from workflows.models import Run, RunEvent, RunStatus

_STEP_FIELDS = ("duration_ms", "model", "provider", "tokens_in", "tokens_out", "cost", "revision", "tool", "outcome",
                "ledger_entry", "code", "detail", "error_class")


def runs_visible_to(user: User) -> QuerySet[Run]:
    """Without their inputs and their versions' specs, which can have megabytes each: whoever shows one, loads it."""
    return in_full(Run.objects.visible_to(user)).defer("input", "version__spec", "version__pins")


def in_full(runs: QuerySet[Run]) -> QuerySet[Run]:
    """With their inputs, and all that is told of them beside."""
    return runs.select_related("template", "version", "started_by").defer(None).defer("version__spec", "version__pins")


@dataclass(frozen=True)
class Watched:
    """As much of a run as a watcher of its events needs to know."""

    id: UUID
    status: RunStatus
    event_seq: int


WATCHED = """
    SELECT run.id, run.status, run.event_seq, template.scope_id FROM workflows_run AS run
    JOIN workflows_template AS template ON template.tenant_id = run.tenant_id AND template.id = run.template_id
    WHERE run.id = %s"""


def watched_run(user: User, id: UUID) -> Watched | None:
    """None where there is none that this person may see. Asked by every stream, again and again."""
    for run_id, status, event_seq, scope_id in ask(WATCHED, [id]):
        if may(user, "view", Scope(id=scope_id)):
            return Watched(run_id, RunStatus(status), event_seq)
    return None


def events_after(run_id: UUID, seq: int, *, most: int) -> list[RunEvent]:
    """Oldest first."""
    return load(RunEvent, "WHERE run_id = %s AND seq > %s ORDER BY seq LIMIT %s", [run_id, seq, most])


def run_story(run: Run) -> dict[str, list[dict[str, Any]]]:
    """The run's `steps`, each try of each node in order, and its `drafts`, as their writers completed them."""
    if run.event_seq < 2:
        return {"steps": [], "drafts": []}  # it has been queued, and no more
    events = load(RunEvent, "WHERE run_id = %s AND kind = ANY(%s) ORDER BY seq", [run.id, [
        "step.started", "step.completed", "step.failed", "text"]])
    texts = _texts(events)
    steps: dict[str, dict[str, Any]] = {}
    drafts: list[dict[str, Any]] = []
    for event in events:
        if event.kind == "text":
            continue
        execution = event.data["execution"]
        step = steps.setdefault(execution, {"node": event.node, "type": event.data["type"], "status": "running",
                                            "started_at": None, "ended_at": None})
        if event.kind == "step.started":
            step["started_at"] = event.at
            continue
        step |= {"status": event.kind.removeprefix("step."), "ended_at": event.at}
        step |= {name: event.data[name] for name in _STEP_FIELDS if name in event.data}
        if "verdict" in event.data:  # people's is a word, a supervisor's says why
            step["decision" if event.data["type"] == "approval" else "verdict"] = event.data["verdict"]
        if event.kind == "step.completed" and event.data["type"] == "worker":
            drafts.append({"node": event.node, "revision": event.data["revision"], "text": texts[execution],
                           "at": event.at})
    return {"steps": _lost_marked(steps.values()), "drafts": drafts}


def _texts(events: Iterable[RunEvent]) -> dict[str, str]:
    texts: dict[str, str] = defaultdict(str)
    for event in events:
        if event.kind == "text":
            texts[event.data["execution"]] += event.data["text"]
    return texts


def _lost_marked(steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A try that another followed without its end being told was lost with its worker."""
    steps = list(steps)
    for step in steps[:-1]:
        if step["status"] == "running":
            step["status"] = "lost"
    return steps
