"""The main job, driven over the public API: gate, a refused viewer, a change asked for, a double approval, the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from countersign.demo.client import Person, Refused
from countersign.demo.team import Team, start_newsletter

ENDED = ("completed", "rejected", "failed", "cancelled", "needs_attention")
WORDS = "Please make it shorter: at most 250 words, and lead with security."


class Job:
    """One newsletter, from start to delivered. `run()` returns the figures that `demo --json` prints."""

    def __init__(self, team: Team, workflow: str, documents: list[dict[str, str]], say: Callable[[str], None]) -> None:
        self.team = team
        self.workflow = workflow
        self.documents = documents
        self.say = say
        self.seconds: dict[str, float] = {}
        self.recipients = [f"reader{n}@{team.slug}.example" for n in (1, 2, 3)]

    def run(self) -> dict[str, Any]:
        editor, viewer = self.team.editor, self.team.people["viewer"]
        started = time.monotonic()
        self.run_id = start_newsletter(self.team, self.workflow, self.documents, self.recipients)
        self.say(f"run {self.run_id} is drafting from {len(self.documents)} documents")
        first = self._gate(revision_after=0)
        self._took("to_gate", started)
        self.say(f"revision {first['revision']} waits for an Editor: {_summary(first)}")

        refused = self._refused(viewer, first)
        self.say(f"the viewer tried to approve and was refused ({refused})")

        started = time.monotonic()
        self._decide(editor, first, "request_changes", WORDS)
        second = self._gate(revision_after=first["revision"])
        self._took("revision", started)
        self.say(f"the editor asked for a change; revision {second['revision']} waits: {_summary(second)}")

        started = time.monotonic()
        self._approve_twice_at_once(editor, second)
        run = editor.wait(self._path, lambda r: r["status"] in ENDED, what="the run's end")
        self._took("decision_to_done", started)
        self.say(f"approved twice at the same moment; the run is {run['status']}")
        return self._figures(run, refused)

    @property
    def _path(self) -> str:
        return f"{self.team.path}/runs/{self.run_id}/"

    def _took(self, what: str, since: float) -> None:
        self.seconds[what] = round(time.monotonic() - since, 3)

    def _gate(self, *, revision_after: int) -> dict:
        editor = self.team.editor

        def waits(run: dict) -> bool:
            if run["status"] in ENDED:
                why = json.dumps(run.get("attention") or run.get("error"))
                raise RuntimeError(f"The run ended at {run['status']}: {why}")
            return run["status"] == "waiting" and bool(run["request"]) and run["revision"] > revision_after

        run = editor.wait(self._path, waits, what="the gate")
        return editor.get(f"{self.team.path}/approvals/{run['request']}/")

    def _decide(self, who: Person, request: dict, verdict: str, comment: str = "") -> dict:
        return who.post(f"{self.team.path}/approvals/{request['id']}/decisions/", {
            "verdict": verdict, "comment": comment, "revision": request["revision"], "plan_hash": request["plan_hash"]})

    def _refused(self, who: Person, request: dict) -> str:
        try:
            self._decide(who, request, "approve")
        except Refused as refusal:
            if refusal.status in (403, 404):
                return refusal.code
            raise
        raise RuntimeError("A viewer could approve: the demo stops here.")

    def _approve_twice_at_once(self, who: Person, request: dict) -> None:
        together = Barrier(2)

        def approve(_: int) -> dict:
            together.wait()
            return self._decide(who, request, "approve")

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(approve, range(2))
        if first["id"] != second["id"]:
            raise RuntimeError("Two clicks made two decisions: the demo stops here.")

    def _figures(self, run: dict, refused: str) -> dict[str, Any]:
        team = self.team
        calls = list(team.admin.all(f"{team.path}/tool-calls/?run={self.run_id}"))
        message_ids = {c["result"]["message_id"] for c in calls if c["tool"] == "email.send" and c["state"] == "done"}
        requests = team.editor.all(f"{team.path}/approvals/?subject={self.run_id}")
        decisions = [d for r in requests for d in team.editor.get(f"{team.path}/approvals/{r['id']}/")["decisions"]]
        audit = team.admin.get(f"{team.path}/audit/verify/")
        return {
            "status": run["status"],
            "run_id": self.run_id,
            "revisions": run["revision"],
            "refused": 1 if refused else 0,
            "decisions": len(decisions),
            "emails": sum(m.message_id in message_ids for m in team.mailbox.received),
            "tool_calls": [{"tool": c["tool"], "state": c["state"]} for c in calls],
            "artifacts": [{"name": a["name"], "size": a["size"]} for a in team.editor.all(f"{self._path}artifacts/")],
            "audit_verified": bool(audit["ok"]),
            "seconds": self.seconds,
        }

    def faults(self, figures: dict[str, Any]) -> list[str]:
        """What does not hold of a demo that worked; empty when all of it does."""
        expected = {
            "the run completed": figures["status"] == "completed",
            "the viewer was refused": figures["refused"] == 1,
            "two decisions were counted: one change asked for, one approval": figures["decisions"] == 2,
            "a draft was revised": figures["revisions"] >= 2,
            "the newsletter was sent once": figures["emails"] == 1,
            "the artifact exists once": [a["name"] for a in figures["artifacts"]] == ["newsletter.md"],
            "every tool call is done": {c["state"] for c in figures["tool_calls"]} == {"done"},
            "the audit chain verifies": figures["audit_verified"],
        }
        return [what for what, held in expected.items() if not held]


def _summary(request: dict) -> str:
    return f"{len(request['shown']['draft'].split())} words, {len(request['calls'])} planned calls"
