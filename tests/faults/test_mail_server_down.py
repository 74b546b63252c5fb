"""A mail server that is down: nothing was sent, so the approved call is tried again, and sent once (design §4.7)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from countersign.demo.team import Team, start_newsletter
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import free_port
from tests.whole_platform import DOCUMENTS, approve, wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def dead_port(team: Team, mailbox: Mailbox) -> Iterator[int]:
    """The team's mail goes to a port where nobody answers, for as long as the test lasts."""
    port = free_port()
    _send_through(team, port)
    yield port
    _send_through(team, mailbox.port)


def _send_through(team: Team, port: int) -> None:
    [mail] = [c for c in team.admin.all(f"{team.path}/credentials/") if c["name"] == "mail"]
    secret = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "Newsletter <newsletter@acme.example>"}
    team.admin.call("PUT", f"{team.path}/credentials/{mail['id']}/", {"secret": secret})


def _approved(team: Team, workflow: str) -> str:
    run = start_newsletter(team, workflow, DOCUMENTS, ["reader@acme.example"])
    wait_until(lambda: _run(team, run)["status"] == "waiting", "the run did not reach its gate")
    approve(team, run)
    return run


def _run(team: Team, run: str) -> dict:
    return team.admin.get(f"{team.path}/runs/{run}/")


def _call(team: Team, run: str) -> dict | None:
    calls = team.admin.all(f"{team.path}/tool-calls/?run={run}")
    return next((call for call in calls if call["tool"] == "email.send"), None)


def test_it_is_tried_again_until_the_server_is_back_and_sent_once(team: Team, workflow: str, dead_port: int):
    run = _approved(team, workflow)
    wait_until(lambda: (_call(team, run) or {}).get("state") == "not_done", "the refusal was not noted")
    assert _run(team, run)["status"] in ("queued", "running")
    with Mailbox(port=dead_port) as back:
        wait_until(lambda: _run(team, run)["status"] == "completed", "the run did not complete")
        assert [message.message_id for message in back.received] == [_call(team, run)["result"]["message_id"]]
    assert _call(team, run)["attempts"] >= 2
    written = [c for c in team.admin.all(f"{team.path}/tool-calls/?run={run}") if c["tool"] == "files.write"]
    assert [(call["state"], call["attempts"]) for call in written] == [("done", 1)]


@pytest.mark.slow
def test_down_for_long_it_rests_in_a_state_that_says_so_and_can_be_retried(team: Team, workflow: str, dead_port: int):
    run = _approved(team, workflow)
    wait_until(lambda: _run(team, run)["status"] == "needs_attention", "it never asked for attention", seconds=150)
    assert _run(team, run)["attention"]["reason"] == "tool_not_done"
    with Mailbox(port=dead_port) as back:
        team.editor.post(f"{team.path}/runs/{run}/retry/")
        wait_until(lambda: _run(team, run)["status"] == "completed", "the retry did not complete")
        assert len(back.received) == 1
