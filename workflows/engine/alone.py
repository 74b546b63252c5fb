"""A run whose last turns ended without a word takes the next one in a process of its own.

When a worker dies, everything it held has lost a claim, and nothing tells which run it was, if any. Alone each shows
itself: a run whose process dies while the worker lives is the one, and is quarantined; whoever only stood beside it
goes on, and starts afresh with its next stored step. Those that still wait for their turn alone then need none.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from typing import Any
from uuid import UUID

from django.conf import settings

from countersign.database.context import tenant_context
from countersign.logs import get_logger
from workflows.engine import drain
from workflows.engine import lease as leases
from workflows.engine.claims import Claimed, Ending, finish, quarantine, released, try_again
from workflows.engine.lease import MOST_CLAIMS, Lease
from workflows.engine.slots import waiting
from workflows.models import Run

log = get_logger(__name__)

#: Such processes of one worker at once: each takes seconds and memory to start. The dispatcher claims no more.
MOST_AT_ONCE = 2
LOOK_EVERY = 0.2
SECONDS_TO_END = 5
#: The child's exit status when the database was away: no fault of the run's. (EX_TEMPFAIL of sysexits.h)
DATABASE_AWAY = 75
ASKED_TO_STOP = (-signal.SIGTERM, -signal.SIGINT)


def advance_alone(claimed: Claimed) -> None:
    """Take a claimed run as far as it goes, in a child of this process. Raises StaleLease."""
    lease, run, _stored = claimed
    if drain.is_draining():
        finish(lease, run, released(untried=True))
        return
    with waiting():
        log.warning("run.taken_alone", claims=lease.claims)
        code = _wait_for(_begin(lease), lease)
    if code:
        finish(lease, run, _judge(lease, run, code))


def _begin(lease: Lease) -> subprocess.Popen:
    child = subprocess.Popen([sys.executable, str(settings.ROOT / "manage.py"), "turn"], stdin=subprocess.PIPE)
    with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
        pipe.write(json.dumps({"parent": os.getpid(), "tenant": str(lease.tenant), "run": str(lease.run),
                               "epoch": lease.epoch, "token": lease.token, "claims": lease.claims}).encode())
    return child


def _wait_for(child: subprocess.Popen, lease: Lease) -> int:
    """Its exit status. A worker that is told to stop tells it, too. A lease that is not held any more is one that the
    child has let go of, or lost: then it ends by itself, or is ended."""
    late, told = math.inf, False
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(LOOK_EVERY)
            if lease.lost.is_set():
                late = min(late, time.monotonic() + SECONDS_TO_END)
            if time.monotonic() > late:
                lease.check()
            if drain.is_draining() and not told:
                child.send_signal(signal.SIGTERM)
                told = True
    finally:
        child.kill()
        child.wait()


def _judge(lease: Lease, run: Run, code: int) -> Ending:
    """The child died. Unless it had stored a step since its claim, this was one claim too many. That it was told to
    stop, perhaps before it could hear, or had no database, says nothing about the run."""
    if code == DATABASE_AWAY:
        return released(delay=1, untried=True)
    if code in ASKED_TO_STOP:
        return released(untried=drain.is_draining(), ours=True)
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
    error = {"code": "worker_lost", "detail": f"Its process ended {how} while it worked on nothing else.",
             "error_class": "bug"}
    claims = leases.claims_of(lease)
    log.error("run.killed_its_process", how=how, claims=claims)
    if claims < MOST_CLAIMS:
        return try_again(run, error, delay=1, counts=False)
    leases.forgive_bystanders()
    return quarantine(error)


def read_claim(told: dict[str, Any]) -> Claimed:
    """In the child: what the worker has claimed."""
    lease = Lease(tenant=UUID(told["tenant"]), run=UUID(told["run"]), epoch=told["epoch"], token=told["token"],
                  claims=told["claims"])
    with tenant_context(lease.tenant):
        return Claimed(lease, Run.objects.select_related("template").get(id=lease.run))


