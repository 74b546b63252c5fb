import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from django.core.management.base import BaseCommand

from countersign.database.roles import refuse_stronger_role
from countersign.outages import POSTGRES, part_of
from workflows.engine import alone, drain, turn

PR_SET_PDEATHSIG = 1


class Command(BaseCommand):
    help = "Take one turn at one run, for the worker that claimed it and says so on standard input."
    requires_system_checks: list[str] = []

    def handle(self, **_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the worker's to pass on
        signal.signal(signal.SIGTERM, lambda *_: drain.drain())
        told = json.load(sys.stdin)
        _die_with(told["parent"])
        try:
            refuse_stronger_role("engine")
            turn.advance(alone.read_claim(told), how=turn.advance_here)
        except Exception as error:
            if part_of(error) is not POSTGRES:
                raise
            raise SystemExit(alone.DATABASE_AWAY) from error


def _die_with(parent: int) -> None:
    """With the worker, and before it where memory runs out (Linux)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if os.getppid() != parent:
        raise SystemExit("the worker is gone")
