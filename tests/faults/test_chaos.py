"""`./countersign chaos`: a few runs under a few strikes, in the ordinary suite; many of both with `--slow`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from countersign.chaos import course, strikes
from countersign.chaos.course import MUST_BE_ZERO, Course
from countersign.chaos.traffic import open_desks
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
def test_a_few_runs_under_a_few_strikes(stack: Stack, mailbox: Mailbox, monkeypatch):
    monkeypatch.setattr(strikes, "PAUSE", (1.5, 4.0))  # often enough, and what is retried comes to an end
    desks = open_desks(stack, mailbox, teams=2)
    verdict = Course(stack, mailbox, desks, seed=23, say=lambda _: None).run(runs=60, most=8, seconds=None)
    values = {row["name"]: row["value"] for row in verdict.rows}
    assert values["runs"] == 60
    assert values["kills"] >= 1, "nothing was killed: this says nothing"
    slow = [fault for fault in verdict.faults if fault.startswith("resume_")]  # of a busy machine
    assert verdict.faults == slow, verdict.remarks


@pytest.fixture
def swallowed(stack: Stack) -> Iterator[Callable[[str], None]]:
    """`swallowed(slug)`: whatever is promised of that team's runs is forgotten at once."""
    url = stack.services.postgres.url(stack.services.database)

    def swallow(slug: str) -> None:
        with psycopg.connect(url) as database:
            [tenant] = database.execute("SELECT id FROM tenants_tenant WHERE slug = %s", [slug]).fetchone()
            database.execute("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
            database.execute("CREATE TRIGGER swallow BEFORE INSERT ON doorbells_outbox FOR EACH ROW "
                             f"WHEN (NEW.topic = 'run' AND NEW.tenant_id = '{tenant}') EXECUTE FUNCTION swallow()")

    yield swallow
    with psycopg.connect(url) as database:
        database.execute("DROP FUNCTION IF EXISTS swallow CASCADE")


@pytest.mark.timeout(300)
def test_runs_that_never_end_are_stuck_and_do_not_keep_it_from_ending(stack: Stack, mailbox: Mailbox, monkeypatch,
                                                                    swallowed):
    monkeypatch.setattr(course, "CALM", 8)
    monkeypatch.setattr(strikes, "PAUSE", (600, 600))
    desks = open_desks(stack, mailbox, teams=2, named="quiet")
    swallowed("quiet2")
    verdict = Course(stack, mailbox, desks, seed=2, say=lambda _: None).run(runs=6, most=4, seconds=None)
    assert verdict.value("stuck") == 2, verdict.remarks
    assert verdict.faults == ["stuck is 2", "5 of 6 runs were accepted"]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_command_counts_and_says_so(tmp_path: Path):
    done = subprocess.run([sys.executable, ROOT / "manage.py", "chaos", "--runs", "300", "--json"], cwd=ROOT,
                          capture_output=True, text=True)
    rows = {row["name"]: row["value"] for row in json.loads(done.stdout.splitlines()[-1])["rows"]}
    assert {name: rows[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0), done.stderr
    assert rows["runs"] == 300
    assert rows["kills"] >= 5
    assert done.returncode == 0
