"""What tests of the whole platform do again and again, over its API."""

from __future__ import annotations

import time
from collections.abc import Callable

from countersign.demo.team import Team

#: The environment of a platform whose people sign in all the time.
FOR_TESTS = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
DOCUMENTS = [{"name": "rain.md", "text": "# Rain\n\n- It rained for three days and the river rose by a metre.\n"
                                         "- The bridge was closed on Tuesday; repairs begin next week.\n"},
             {"name": "library.md", "text": "# Library\n\n- The library opens on Sundays from May on.\n"
                                            "- 300 new books arrived, most of them for children.\n"}]


def wait_until(done: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def approve(team: Team, run: str) -> None:
    request = team.admin.get(f"{team.path}/runs/{run}/")["request"]
    asked = team.admin.get(f"{team.path}/approvals/{request}/")
    team.editor.post(f"{team.path}/approvals/{request}/decisions/", {
        "verdict": "approve", "revision": asked["revision"], "plan_hash": asked["plan_hash"]})
