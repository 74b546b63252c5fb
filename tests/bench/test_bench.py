"""`./countersign bench`: that it measures what it says; never how fast (a machine that is busy proves nothing)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.bench import frame
from tests.bench.frame import Row, bench_names, table

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str, seconds: float = 110) -> subprocess.CompletedProcess:
    ours = ("DATABASE", "REDIS", "COUNTERSIGN", "GRANT")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return subprocess.run([sys.executable, ROOT / "manage.py", "bench", *arguments], env=environment,
                          capture_output=True, text=True, timeout=seconds)


def test_the_engine_bench_runs_both_sides_on_one_postgres_and_ends_with_its_rows():
    done = bench("engine", "--quick", "--json")
    assert done.returncode == 0, done.stderr[-3000:]
    rows = {row["name"]: row for row in json.loads(done.stdout.splitlines()[-1])["rows"]}
    both = {"langgraph_runs_per_s", "engine_runs_per_s", "engine_and_decision_runs_per_s"}
    assert set(rows) == {"engine_ratio", *both, *(f"{name}_t4" for name in both)}
    assert all(set(row) == {"name", "value", "unit", "ratio"} and row["value"] > 0 for row in rows.values())
    assert rows["engine_runs_per_s"]["ratio"] == rows["engine_ratio"]["value"]
    assert rows["engine_and_decision_runs_per_s"]["value"] < rows["engine_runs_per_s"]["value"]
    assert "Measured on" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_platform_bench_drives_a_real_platform_and_ends_with_its_rows():
    done = bench("platform", "--quick", "--json", seconds=880)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = {row["name"]: row for row in json.loads(done.stdout.splitlines()[-1])["rows"]}
    assert set(rows) == {"platform_runs_per_s_c1", "platform_runs_per_s_c4", "platform_runs_per_s_c8", "ratio_c8",
                         "decision_to_effect_ms_p50", "cold_tool_process_ms_p50"}
    assert all(row["value"] > 0 for row in rows.values())
    assert rows["platform_runs_per_s_c8"]["ratio"] == rows["ratio_c8"]["value"]


def test_a_bench_that_is_not_there_is_named():
    done = bench("warp")
    assert done.returncode == 2
    assert "no bench 'warp'" in done.stderr
    assert "engine" in bench_names()


@pytest.mark.parametrize(("row", "aim", "missed"), [
    (Row("fast", 2, "s", at_most=2), "≤ 2", False), (Row("slow", 3, "s", at_most=2), "≤ 2", True),
    (Row("much", 0.9, "b/a", at_least=0.9), "≥ 0.9", False), (Row("little", 0.89, "b/a", at_least=0.9), "≥ 0.9", True),
    (Row("free", 1, "s"), "", False)], ids=lambda value: getattr(value, "name", None))
def test_an_aim_stands_beside_its_value_and_a_missed_one_is_marked(row, aim, missed):
    line = table([row]).splitlines()[1]
    assert aim in line
    assert line.endswith("missed") is missed


FAST, SLOW = Row("fast", 2, "s", at_most=2), Row("slow", 3, "s", at_most=2)


@pytest.mark.parametrize(("rows", "strict", "status", "told"), [
    ([FAST], True, 0, "No aim was missed."), ([FAST, SLOW], False, 0, "Missed: slow is 3 (aim ≤ 2)."),
    ([FAST, SLOW], True, 1, "Missed: slow is 3 (aim ≤ 2).")])
def test_missed_aims_are_named_and_with_strict_they_fail(monkeypatch, capsys, rows, strict, status, told):
    monkeypatch.setattr(frame, "measure", lambda names, quick: rows)
    try:
        call_command("bench", "engine", strict=strict)
        ended = 0
    except SystemExit as end:
        ended = end.code
    assert ended == status
    assert capsys.readouterr().out.splitlines()[-1] == told
