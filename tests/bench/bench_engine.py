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
        plain, engined = in_turns(ground, bare, ours, threads=1)
        ratio = round(engined / plain, 2)
        yield Row("langgraph_runs_per_s", round(plain, 1), "runs/s", ratio=1.0)
        yield Row("engine_runs_per_s", round(engined, 1), "runs/s", ratio=ratio)
        yield Row("engine_ratio", ratio, "b/a", ratio=ratio, at_least=AIM)
        plain, engined = in_turns(ground, bare, ours, threads=4)
        yield Row("langgraph_runs_per_s_t4", round(plain, 1), "runs/s", ratio=1.0)
        yield Row("engine_runs_per_s_t4", round(engined, 1), "runs/s", ratio=round(engined / plain, 2))


def in_turns(ground: Ground, *sides: Child, threads: int) -> list[float]:
    """Each side's runs/s: the median of its rounds, after one that warms it."""
    rounds, runs = (1, threads) if ground.quick else (ROUNDS, RUNS)
    speeds: dict[Child, list[float]] = {side: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides:
            seconds = side.ask(runs=runs, threads=threads)["seconds"]
            if number:
                speeds[side].append(runs / seconds)
    return [median(speeds[side]) for side in sides]


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
        return in_turns(ground, bare, threads=1)[0]


def inherited() -> dict[str, str]:
    ours = ("DATABASE", "REDIS", "COUNTERSIGN", "GRANT", "SECRET", "VAULT")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**inherited, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")])}
