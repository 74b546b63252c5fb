"""What every bench stands on: rows with their aims, and one temporary ground (Postgres, Redis, secrets) for all.

A bench is a module `bench_<name>.py` in this folder with `measure(ground) -> Iterable[Row]`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from countersign.embedded.platform import started_platform
from countersign.embedded.secrets import Secrets
from countersign.embedded.services import Services
from countersign.embedded.stack import Stack, free_port

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One measured figure. `ratio` compares it with bare LangGraph, where that has a meaning."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def missed(self) -> bool:
        return ((self.at_least is not None and self.value < self.at_least)
                or (self.at_most is not None and self.value > self.at_most))

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "unit": self.unit, "ratio": self.ratio}


@dataclass
class Ground:
    """One Postgres, Redis and installation for all benches of one go; `rows` is what they have measured so far.

    `quick` asks for so few repetitions that the figures mean nothing: to see that a bench works.
    """

    services: Services
    secrets: Secrets
    folder: Path
    quick: bool = False
    rows: list[Row] = field(default_factory=list)

    @staticmethod
    def say(sentence: str) -> None:
        print(f"  {sentence}", file=sys.stderr, flush=True)

    @cached_property
    def environments(self) -> Callable[[str], dict[str, str]]:
        """`environments(process)`: what that process of the platform gets, on this ground's migrated database."""
        stack = Stack(self.services, self.secrets, self.folder, port=free_port(), email_url="", say=self.say)
        stack.migrate()
        return stack.environment

    @contextlib.contextmanager
    def platform(self, *, email_url: str, environment: dict[str, str] = {}) -> Iterator[Stack]:
        """The whole platform, started and ready."""
        with started_platform(self.services, self.secrets, self.folder, email_url=email_url, say=self.say,
                              environment=environment) as stack:
            yield stack

    def value(self, name: str) -> float | None:
        """A row's value, when a bench before this one has measured it."""
        return next((row.value for row in self.rows if row.name == name), None)


@contextlib.contextmanager
def prepared_ground(*, quick: bool) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's user passes through
        secrets = Secrets.of(folder)
        with Services(folder, secret=secrets.database, embedded=True) as services:
            yield Ground(services, secrets, folder, quick)


def bench_names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def measure(names: Iterable[str], *, quick: bool = False) -> list[Row]:
    """Run these benches one after another on one ground."""
    with prepared_ground(quick=quick) as ground:
        for name in names:
            ground.say(f"bench {name}")
            ground.rows += import_module(f"tests.bench.bench_{name}").measure(ground)
        return ground.rows


def machine() -> str:
    """The machine that the figures belong to, in a line."""
    import platform

    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")] if Path("/proc/cpuinfo").exists() else []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} × {models[0] if models else platform.machine()}, {memory:.0f} GB, "
            f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
            f"load {os.getloadavg()[0]:.1f}")


def table(rows: Iterable[Row]) -> str:
    """The rows for people: an aim that was missed is marked."""
    lines = [("name", "value", "unit", "ratio", "aim", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append((row.name, f"{row.value:,.2f}".rstrip("0").rstrip("."), row.unit, ratio, row.aim,
                      "missed" if row.missed else ""))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:<{widths[2]}}  {line[3]:>{widths[3]}}  "
        f"{line[4]:<{widths[4]}}  {line[5]}".rstrip() for line in lines)


def missed_aims(rows: Iterable[Row]) -> str:
    """A sentence that names the aims that were missed."""
    missed = [f"{row.name} is {row.value:g} (aim {row.aim})" for row in rows if row.missed]
    return f"Missed: {', '.join(missed)}." if missed else "No aim was missed."
