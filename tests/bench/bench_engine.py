"""(a) bare LangGraph and (b) the engine alone, in turns on the same Postgres, so that what disturbs one disturbs both.

Each is one process of its own; what is in its clock, and what is not, each side's module says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from countersign.database.roles import role_url
from countersign.embedded.postgres import prepare_database
from tests.bench.children import ROOT, Child
from tests.bench.frame import Ground, Row

ROUNDS = 9
RUNS = 40
AIM = 0.9


def measure(ground: Ground) -> Iterator[Row]:
    with bare_graph(ground) as bare, engine(ground) as ours:
        for threads, suffix in ((1, ""), (4, "_t4")):
            rounds = in_turns(ground, bare, ours, threads=threads)
            plain, engined = (speed(each) for each in rounds)
            decided = speed(rounds[1], "seconds", "decisions")
            ratio = round(engined / plain, 2)
            yield Row(f"langgraph_runs_per_s{suffix}", round(plain, 1), "runs/s", ratio=1.0)
            yield Row(f"engine_runs_per_s{suffix}", round(engined, 1), "runs/s", ratio=ratio)
            if threads == 1:
                yield Row("engine_ratio", ratio, "b/a", ratio=ratio, at_least=AIM)
            yield Row(f"engine_and_decision_runs_per_s{suffix}", round(decided, 1), "runs/s",
                      ratio=round(decided / plain, 2))


Rounds = list[dict[str, float]]


def in_turns(ground: Ground, *sides: Child, threads: int) -> list[Rounds]:
    """Each side's rounds, after one that warms it: seconds a run, by what they went to."""
    rounds, runs = (1, threads) if ground.quick else (ROUNDS, RUNS)
    took: dict[Child, Rounds] = {side: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides:
            seconds = side.ask(runs=runs, threads=threads)
            if number:
                took[side].append({what: each / runs for what, each in seconds.items()})
    return list(took.values())


def speed(rounds: Rounds, *what: str) -> float:
    """Runs/s: the rounds' median."""
    return median(1 / sum(each[name] for name in what or ("seconds",)) for each in rounds)


@contextmanager
def bare_graph(ground: Ground) -> Iterator[Child]:
    postgres = ground.services.postgres
    prepare_database(postgres.url(), name="langgraph")
    environment = {**inherited(), "BENCH_DATABASE": postgres.url("langgraph", "owner")}
    with Child("tests.bench.graph_side", environment, ground.folder / "langgraph.log") as child:
        yield child


@contextmanager
def engine(ground: Ground) -> Iterator[Child]:
    environment = ground.environments("worker") | {
        "DJANGO_SETTINGS_MODULE": "countersign.settings",
        "BENCH_WEB_DATABASE": role_url(ground.services.url, "web", ground.secrets.database),
        "BENCH_SIGNING_KEY": ground.secrets.grant_signing_key}
    with Child("tests.bench.engine_side", environment, ground.folder / "engine.log") as child:
        yield child


def baseline(ground: Ground) -> float:
    """Bare LangGraph's runs/s on this ground, for benches that compare with it: as measured, or measured now."""
    if known := ground.value("langgraph_runs_per_s"):
        return known
    with bare_graph(ground) as bare:
        return speed(in_turns(ground, bare, threads=1)[0])


def inherited() -> dict[str, str]:
    ours = ("DATABASE", "REDIS", "COUNTERSIGN", "GRANT", "SECRET", "VAULT")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**inherited, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])}
