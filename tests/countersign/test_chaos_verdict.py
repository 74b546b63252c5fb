"""What chaos does not let pass: each thing that must not be is a fault, by its name."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from countersign.chaos import strikes
from countersign.chaos.course import Verdict, forbidden
from countersign.chaos.strikes import Kill, Strikes
from countersign.clock import now


@pytest.mark.parametrize(("row", "value", "fault"), [
    ("stuck", 1, "stuck is 1"), ("lost", 0, None), ("in_doubt", 3, None),
    ("resume_p95_s", 5.0, None), ("resume_p95_s", 5.2, "resume_p95_s is 5.2, more than 5"),
    ("resume_max_s", 15.1, "resume_max_s is 15.1, more than 15"), ("host_resume_p95_s", 20, None)])
def test_a_row_beyond_what_is_promised(row, value, fault):
    verdict = Verdict()
    verdict.add(row, value)
    assert verdict.faults == ([fault] if fault else [])


@pytest.mark.parametrize(("wanted", "attentions", "failures", "troubles", "fault"), [
    (3, {"in_doubt": 2}, [], {"503": 9, "429": 1, "ReadError": 2}, None),
    (4, {}, [], {}, "3 of 4 runs were accepted"),
    (3, {"quarantined": 1}, [], {}, "1 runs were quarantined, and none of them is poison"),
    (3, {}, ["409"], {}, "1 requests of clients failed for good"),
    (3, {}, [], {"500": 2, "503": 1}, "2 requests were answered 500")])
def test_what_no_row_says(wanted, attentions, failures, troubles, fault):
    traffic = SimpleNamespace(started=3, failures=failures, patience=SimpleNamespace(troubles=Counter(troubles)))
    assert list(forbidden(traffic, wanted=wanted, attentions=attentions)) == ([fault] if fault else [])


class Books:
    """Of three runs one went on after two seconds, one ended as its worker died, and one never went on."""

    def __init__(self, killed: datetime) -> None:
        self.killed = killed

    def unfinished(self) -> set[str]:
        return {"never"}

    def next_events(self, runs: list[str], after: datetime) -> dict[str, datetime]:
        return {"soon": self.killed + timedelta(seconds=2)} if "soon" in runs else {}


def test_a_run_that_never_goes_on_counts_until_the_end(monkeypatch):
    killed = now() - timedelta(seconds=100)
    course = Strikes(None, Books(killed), seed=1, say=print)
    course.kills = [Kill("worker", killed, ["soon", "ended", "never"]), Kill("toolserver", killed, ["soon"]),
                    Kill("web", killed)]
    monkeypatch.setattr(strikes, "now", lambda: killed + timedelta(seconds=100))
    assert course.resumes() == {"worker": [2, 100], "toolserver": [2], "web": []}
