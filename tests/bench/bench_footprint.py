"""What `./countersign up` costs a machine: seconds until it greets, and memory once nothing happens any more.

The first start makes the database and the demo team; the second finds both. The greater figure of the two is told.
Memory is the sum of proportional set sizes (shared pages are counted once) of every process that `up` brought up, its
Postgres and Redis included, while the demo's run waits at its gate and its team's tool process idles.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from countersign.embedded.stack import free_port
from countersign.web_app.build import build_web_app
from tests.bench.bench_engine import inherited
from tests.bench.children import ROOT
from tests.bench.frame import Ground, Row

AIM_READY_S = 15
AIM_MEMORY_MB = 850
SECONDS_TO_SETTLE = 20
GREETING = "Countersign is running at"


def measure(ground: Ground) -> Iterator[Row]:
    build_web_app(ground.say)  # once an installation, and not what is measured
    with tempfile.TemporaryDirectory(prefix="countersign-footprint-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's user passes through
        starts, memory = [], []
        for _ in range(2):
            with up(folder) as (process, seconds):
                starts.append(seconds)
                time.sleep(1 if ground.quick else SECONDS_TO_SETTLE)
                memory.append(proportional_megabytes(process))
        ground.say(f"first start {starts[0]:.1f} s, {memory[0]:.0f} MB; second {starts[1]:.1f} s, {memory[1]:.0f} MB")
        yield Row("idle_memory_mb", round(max(memory)), "MB", at_most=AIM_MEMORY_MB)
        yield Row("ready_s", round(max(starts), 1), "s", at_most=AIM_READY_S)


@contextmanager
def up(folder: Path) -> Iterator[tuple[psutil.Process, float]]:
    """`up` on its state in `folder`, and the seconds that it took to greet; stopped on exit."""
    environment = {**inherited(), "COUNTERSIGN_STATE": str(folder / "state"), "PYTHONUNBUFFERED": "1"}
    log = folder / "up.log"
    with log.open("w") as out:
        began = time.monotonic()
        process = subprocess.Popen([str(ROOT / "countersign"), "up", "--port", str(free_port())], env=environment,
                                   stdout=out, stderr=out)
    try:
        while GREETING not in log.read_text():
            if process.poll() is not None or time.monotonic() - began > 300:
                raise RuntimeError(f"up does not greet:\n{log.read_text()[-3000:]}")
            time.sleep(0.02)
        yield psutil.Process(process.pid), time.monotonic() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def proportional_megabytes(process: psutil.Process) -> float:
    return sum(_proportional(each.pid) for each in (process, *process.children(recursive=True))) / 2**20


def _proportional(pid: int) -> int:
    """Bytes; none for a process that has just ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
