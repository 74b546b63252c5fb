"""`./countersign chaos`: a few runs under a few strikes, in the ordinary suite; many of both with `--slow`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.chaos.course import MUST_BE_ZERO, Course
from countersign.chaos.traffic import open_desks
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
def test_a_few_runs_under_a_few_strikes(stack: Stack, mailbox: Mailbox):
    desks = open_desks(stack, mailbox, teams=2)
    verdict = Course(stack, mailbox, desks, seed=2, say=lambda _: None).run(runs=16, most=8, seconds=None)
    values = {row["name"]: row["value"] for row in verdict.rows}
    assert values["runs"] == 16
    assert values["kills"] >= 1, "nothing was killed: this says nothing"
    assert verdict.faults == [], verdict.remarks


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_command_counts_and_says_so(tmp_path: Path):
    done = subprocess.run([sys.executable, ROOT / "manage.py", "chaos", "--runs", "300", "--json"], cwd=ROOT,
                          capture_output=True, text=True)
    rows = {row["name"]: row["value"] for row in json.loads(done.stdout.splitlines()[-1])["rows"]}
    assert {name: rows[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0), done.stderr
    assert rows["runs"] == 300
    assert rows["kills"] > 10
    assert done.returncode == 0
