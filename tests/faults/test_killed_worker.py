"""Nothing is lost, and once is once: the worker is killed and Redis flushed while 20 runs are under way (design §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from countersign.demo.team import Team, start_newsletter
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack
from tests.whole_platform import DOCUMENTS, approve, wait_until

pytestmark = pytest.mark.timeout(300)

RUNS = 20


def strike(stack: Stack) -> None:
    """The worker dies without a word, and Redis forgets everything."""
    stack.children["worker"].process.kill()
    with redis.Redis.from_url(stack.services.redis_url) as client:
        client.flushall()


def statuses(team: Team) -> Counter:
    return Counter(run["status"] for run in team.admin.all(f"{team.path}/runs/?page_size=100"))


def strike_once(stack: Stack, there: Callable[[], int]) -> None:
    """Strike when a few runs are there and most are still on their way."""
    wait_until(lambda: there() >= 2, "no run got anywhere")
    assert there() < RUNS, "they were all too fast for this test to mean anything"
    strike(stack)


def test_every_run_ends_once_and_each_message_arrives_once(stack: Stack, team: Team, workflow: str, mailbox: Mailbox):
    with ThreadPoolExecutor(4) as pool:
        started = [pool.submit(start_newsletter, team, workflow, DOCUMENTS, [f"reader{n}@acme.example"])
                   for n in range(RUNS)]
        strike_once(stack, lambda: statuses(team)["waiting"])
        runs = [run.result() for run in started]
    wait_until(lambda: statuses(team)["waiting"] == RUNS, "not every run reached its gate")

    with ThreadPoolExecutor(4) as pool:
        approved = [pool.submit(approve, team, run) for run in runs]
        strike_once(stack, lambda: statuses(team)["completed"])
        for approval in approved:
            approval.result()
    wait_until(lambda: statuses(team)["completed"] == RUNS, "not every run completed")

    calls = list(team.admin.all(f"{team.path}/tool-calls/?page_size=200"))
    assert Counter((call["tool"], call["state"]) for call in calls) == {
        ("files.write", "done"): RUNS, ("email.send", "done"): RUNS}
    sent = {call["result"]["message_id"] for call in calls if call["tool"] == "email.send"}
    arrived = Counter(message.message_id for message in mailbox.received if message.message_id in sent)
    assert len(sent) == RUNS
    assert set(arrived.values()) == {1}
    assert set(arrived) == sent
    for run in runs:
        events = team.admin.get(f"{team.path}/runs/{run}/events/?page_size=500")["results"]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert Counter(event["kind"] for event in events if event["kind"] in ("run.completed", "gate.opened")) == {
            "run.completed": 1, "gate.opened": 1}
        completed = Counter(event["node"] for event in events if event["kind"] == "step.completed")
        assert completed["publish"] == completed["send"] == 1
    assert team.admin.get(f"{team.path}/audit/verify/")["ok"] is True
