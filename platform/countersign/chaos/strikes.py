"""What goes wrong: processes are killed or stopped, Postgres is restarted, Redis forgets, all at random moments."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import redis

from countersign.chaos.books import Books
from countersign.clock import now
from countersign.embedded.stack import Child, Stack

#: Seconds between two strikes.
PAUSE = (1.0, 5.0)
#: Seconds that a process stands still: longer than a worker's lease, and than the scheduler's silence is suffered.
STANDSTILL = (6.0, 9.0)
#: What a process logs when it is up. One that still starts is spared: else a slow machine would never get anywhere.
UP = {"web": "Uvicorn running", "toolserver": "Uvicorn running", "scheduler": "scheduler.ready"}
WORKER_UP = "worker.ready"
#: What is logged when somebody is told that a run is no longer theirs: by the engine, by the toolserver host.
REFUSED = ("run.taken_over", "lease_stale")


@dataclass
class Kill:
    """A SIGKILL, and the runs that its victim was at work on."""

    victim: str
    at: datetime
    runs: list[str] = field(default_factory=list)


class Strikes:
    """`tick` a few times a second, from one thread that lives as long as the platform does."""

    def __init__(self, stack: Stack, books: Books, *, seed: int, say: Callable[[str], None]) -> None:
        self.stack = stack
        self.books = books
        self.say = say
        self.kills: list[Kill] = []
        self.done: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._known: set[tuple[str, int]] = set()
        self._stopped: dict[int, float] = {}
        self._read: dict[str, int] = {}
        self._deck: list[tuple[str, Callable[[], bool]]] = []
        self._due = time.monotonic() + self._random.uniform(*PAUSE)

    def tick(self) -> None:
        self._continue(lambda due: time.monotonic() >= due)
        if time.monotonic() < self._due:
            return
        name, strike = self._draw()
        with self.stack.watching:  # nobody starts a process while another thread ends it
            struck = strike()
        if struck:
            self.done[name] += 1
            self._due = time.monotonic() + self._random.uniform(*PAUSE)
        else:
            self._deck.insert(self._random.randrange(len(self._deck) + 1), (name, strike))
            self._due = time.monotonic() + 0.3

    def end(self) -> None:
        """No more of it: whoever was stopped goes on."""
        self._continue(lambda _: True)

    def _draw(self) -> tuple[str, Callable[[], bool]]:
        """From a shuffled deck, so that each of them comes again and again, in no order."""
        if not self._deck:
            self._deck = [
                *[(f"kill {name}", lambda name=name: self._kill_child(name)) for name in self._named("worker") * 2],
                *[("kill a tenant's process", self._kill_tenant)] * 3,
                *[(f"kill {name}", lambda name=name: self._kill_child(name))
                  for name in ("web", *self._named("scheduler"), "notify", "toolserver")],
                ("restart Postgres", self._restart_postgres), ("flush Redis", self._flush_redis),
                *[("stop a worker", self._stop_worker)] * 2, ("stop the scheduler", self._stop_scheduler)]
            self._random.shuffle(self._deck)
        return self._deck.pop()

    def _named(self, kind: str) -> list[str]:
        return [name for name in self.stack.children if name.startswith(kind)]

    def _is_up(self, name: str) -> bool:
        child = self.stack.children[name]
        if child.process.poll() is not None or child.process.pid in self._stopped:
            return False
        with child.log.open(errors="replace") as log:
            log.seek(self._read.get(name, 0))
            return UP.get(name.partition("-")[0], WORKER_UP) in log.read()

    def _kill_child(self, name: str) -> bool:
        """Whether there was something to strike; so say the other strikes, too."""
        child = self.stack.children[name]
        if not self._is_up(name):
            return False
        before = self._held()
        child.process.kill()
        kill = Kill(name, now())
        child.process.wait()
        self._read[name] = child.log.stat().st_size
        child.backoff = 0.5  # an accident, not a program that cannot start
        if name.startswith("worker"):
            time.sleep(0.05)  # for its database sessions to be missed
            gone = [(row["run"], row["epoch"]) for row in self.books.held() if row["gone"]]
            kill.runs = [run for run, epoch in gone if (run, epoch) not in self._known]
            self._known.update(gone)
        elif name == "toolserver":
            kill.runs = before
        self.kills.append(kill)
        return True

    def _kill_tenant(self) -> bool:
        host = self.stack.children["toolserver"].process
        tenants = [grandchild for child in children_of(host.pid) for grandchild in children_of(child)]
        if not tenants:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._random.choice(tenants), signal.SIGKILL)
            self.kills.append(Kill("a tenant's process", now()))
        return True

    def _restart_postgres(self) -> bool:
        self.stack.services.postgres.stop()
        self.stack.services.postgres.start()
        return True

    def _flush_redis(self) -> bool:
        with redis.Redis.from_url(self.stack.services.redis_url) as client:
            client.flushall()
        return True

    def _stop_worker(self) -> bool:
        """One that holds a run as it stops: it goes on when another has taken that over, and must be refused."""
        return self._stop(self._named("worker"), lambda pid: f"countersign worker {pid}" in self.books.working())

    def _stop_scheduler(self) -> bool:
        """The one that leads: another one must, meanwhile."""
        return self._stop(self._named("scheduler"), lambda pid: self.books.leader() == f"countersign scheduler {pid}")

    def _stop(self, names: list[str], is_meant: Callable[[int], bool]) -> bool:
        for name in self._random.sample(names, len(names)):
            child: Child = self.stack.children[name]
            if not self._is_up(name):
                continue
            pid = child.process.pid
            child.process.send_signal(signal.SIGSTOP)  # before the look: what is seen of it stays so
            self._stopped[pid] = time.monotonic()
            if is_meant(pid):
                self._stopped[pid] += self._random.uniform(*STANDSTILL)
                return True
        self._continue(lambda due: time.monotonic() >= due)
        return False

    def _continue(self, is_due: Callable[[float], bool]) -> None:
        for pid in [pid for pid, due in self._stopped.items() if is_due(due)]:
            del self._stopped[pid]
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _held(self) -> list[str]:
        return [row["run"] for row in self.books.held() if not row["gone"]]

    def resumes(self) -> dict[str, list[float]]:
        """By whose death, for each run that was hit: the seconds until its next event. One that never came, of a run
        that would still have to go on, counts as what has passed by now."""
        found: dict[str, list[float]] = {}
        unfinished = self.books.unfinished()
        for kill in self.kills:
            events = self.books.next_events(kill.runs, kill.at) if kill.runs else {}
            events |= {run: now() for run in kill.runs if run in unfinished and run not in events}
            found.setdefault(kill.victim, []).extend((at - kill.at).total_seconds() for at in events.values())
        return found

    def refused(self) -> int:
        """How often somebody was told that a run is no longer theirs, by what the processes have logged."""
        told = [log.read_text(errors="replace") for log in self.stack.logs.glob("*.log")]
        return sum(text.count(word) for text in told for word in REFUSED)


def children_of(pid: int) -> list[int]:
    """Of all its threads (Linux)."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found
