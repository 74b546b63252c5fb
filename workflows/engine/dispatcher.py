"""Which runs a worker process advances, and when.

One thread looks for work and claims it, run by run, tenant by tenant; each run then has a thread for its turn. Threads
of waiting turns cost some memory and nothing else: who works is for the slots to say (`slots.py`).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from countersign.logs import get_logger
from countersign.outages import said
from workflows.engine import alone, claims, drain, turn
from workflows.engine.claims import Claimed, ClaimFailed, Ending, released
from workflows.engine.grants import let_go_of_connection
from workflows.engine.lease import MOST_CLAIMS, Lease, StaleLease, heart
from workflows.engine.slots import Slots, Tenant

log = get_logger(__name__)

MOST_TURNS = 256
#: Seconds between two looks when nobody rings: another worker may have heard the bell and have had no room.
LOOK_EVERY = 0.25
#: A tenant gets a further turn while it has fewer than this many for each that is free: alone it may take most of them,
#: and whoever comes next always finds some.
SHARE = 7

NOBODY = UUID(int=0)


@dataclass(eq=False)
class Turn:
    claimed: Claimed
    thread: threading.Thread = field(init=False)

    @property
    def lease(self) -> Lease:
        return self.claimed.lease


class Dispatcher:
    """Looks for work from `start` to `stop`. `most_turns` may be under way at once, `at_work` of them not waiting."""

    def __init__(self, *, most_turns: int = MOST_TURNS, at_work: int = 4) -> None:
        self.most_turns = most_turns
        self.slots = Slots(at_work, free_of=self._no_longer_queues)
        self._turns: set[Turn] = set()
        self._lock = threading.RLock()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._passed_over: frozenset[Tenant] | None = frozenset()
        self._last = NOBODY
        self._thread = threading.Thread(target=self._look, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def look_soon(self) -> None:
        self._bell.set()

    def stop(self, grace: float) -> None:
        """Claim no more; runs under way are let go of after the step they are at, or when `grace` seconds are over."""
        until = time.monotonic() + grace
        self._stopping.set()
        self._bell.set()
        self._thread.join(grace)
        drain.drain()
        for each in self._under_way():
            each.thread.join(max(0.0, until - time.monotonic()))
        for each in self._under_way():
            _let_go(each, released())

    def _under_way(self) -> list[Turn]:
        with self._lock:
            return list(self._turns)

    # -- looking for work

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            try:
                while not self._stopping.is_set() and self._claim_one():
                    pass
            except ClaimFailed as error:
                self._last = error.tenant_id  # the others' runs do not wait for this one
                if not said(error):
                    log.warning("dispatcher.claim_failed", tenant=str(error.tenant_id), exc_info=error)
            except Exception as error:  # a database that is away must not end the looking
                if not said(error):
                    log.warning("dispatcher.interrupted", error=type(error).__name__)
            self._bell.wait(LOOK_EVERY)

    def _claim_one(self) -> bool:
        """Whether there is reason to look again at once."""
        with self._lock:
            passed_over = self._passed_over = self._without_room()
        if passed_over is None:
            return False
        with self.slots.at_work(None):
            try:
                found = claims.claim_next(after=self._last, passed_over=[each for each in passed_over if each],
                                          alone=self._alone() < alone.MOST_AT_ONCE)
            finally:
                let_go_of_connection()
        if found is None:
            return False
        self._last, claimed, more = found
        if claimed is not None:
            self._begin(claimed)
        return more

    def _without_room(self) -> frozenset[Tenant] | None:
        """The tenants that get no further turn now: they have their share, or cannot keep up with those they have. None
        when nobody gets one."""
        counts = Counter(each.lease.tenant for each in self._under_way())
        free = self.most_turns - counts.total()
        if free <= 0:
            return None
        return frozenset({each for each, count in counts.items() if count >= SHARE * free} | self.slots.queueing())

    def _alone(self) -> int:
        return sum(each.lease.claims >= MOST_CLAIMS for each in self._under_way())

    def _no_longer_queues(self, tenant: Tenant) -> None:
        with self._lock:
            passed_over = self._passed_over
        if passed_over is not None and tenant in passed_over:
            self._bell.set()

    def _ended(self, each: Turn) -> None:
        """Look again if the last look left something for want of room."""
        with self._lock:
            self._turns.discard(each)
            left = self._passed_over is None or each.lease.tenant in self._passed_over
        if left or each.lease.claims >= MOST_CLAIMS:
            self._bell.set()

    # -- turns

    def _begin(self, claimed: Claimed) -> None:
        each = Turn(claimed)
        try:
            heart.beat_for(each.lease)
            each.thread = threading.Thread(target=self._take, args=[each], name="turn", daemon=True)
            with self._lock:
                self._turns.add(each)
            each.thread.start()
        except (RuntimeError, MemoryError):  # the machine has no thread left: another worker may have one
            with self._lock:
                self._turns.discard(each)
            _let_go(each, released(untried=True))
            raise

    def _take(self, each: Turn) -> None:
        try:
            with self.slots.at_work(each.lease.tenant):
                turn.advance(each.claimed)
        except Exception:
            log.exception("turn.crashed", run=str(each.lease.run))
        finally:
            self._ended(each)


def _let_go(each: Turn, ending: Ending) -> None:
    """Hand a run on that does not end in time, or cannot begin. What is still done for it here is refused."""
    try:
        claims.finish(each.lease, each.claimed.run, ending, patient=False)
    except StaleLease:
        pass
    except Exception as error:  # its lease will run out
        log.warning("run.not_released", run=str(each.lease.run), error=type(error).__name__)
    finally:
        each.lease.lost.set()
        heart.forget(each.lease)
        let_go_of_connection()


_here: Dispatcher | None = None


def start(*, at_work: int, most_turns: int) -> None:
    """Begin to look for work in this process."""
    global _here
    _here = Dispatcher(at_work=at_work, most_turns=most_turns)
    _here.start()


def look_soon() -> None:
    """There may be work: look, instead of waiting for the next look's time."""
    if _here is not None:
        _here.look_soon()


def stop(grace: float) -> None:
    if _here is not None:
        _here.stop(grace)
