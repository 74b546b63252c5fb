"""Newsletters that wait for a decision, made over the API for tests whose subject is a page."""

from __future__ import annotations

from typing import Any

from countersign.demo.client import Person
from countersign.demo.team import Team, start_newsletter
from tests.whole_platform import DOCUMENTS

READERS = ["one@readers.example", "two@readers.example", "three@readers.example"]


def open_request(team: Team, workflow: str, recipients: list[str] = READERS) -> dict[str, Any]:
    """A run's first request, as its editor sees it."""
    return request_of(team, start_newsletter(team, workflow, DOCUMENTS, recipients))


def request_of(team: Team, run: str, *, revision: int = 1) -> dict[str, Any]:
    path = f"{team.path}/runs/{run}/"
    found = team.admin.wait(path, lambda r: r["status"] == "waiting" and r["revision"] >= revision, what="the gate")
    return team.editor.get(f"{team.path}/approvals/{found['request']}/")


def decide(team: Team, by: Person, request: dict[str, Any], verdict: str, comment: str = "") -> None:
    by.post(f"{team.path}/approvals/{request['id']}/decisions/", {
        "verdict": verdict, "comment": comment, "revision": request["revision"], "plan_hash": request["plan_hash"]})


def address(team: Team, request: dict[str, Any]) -> str:
    return f"/t/{team.slug}/approvals/{request['id']}"
