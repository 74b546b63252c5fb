"""`manage.py toolserver`, killed by its own hand (SIGKILL) at the boundary of a guarded call that `CRASH_AT` names.

It waits for `CRASH_AFTER` calls to be at that boundary, and takes all of them along. Without `CRASH_AT` it lives. Its
tenants have the tool of `keyed_tool`, too.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)  # on a busy machine a thread gets on for a moment yet


def break_at(boundary: str) -> None:
    from toolserver.host import gate

    begin, pass_on, settle = gate.begin_call, gate.pass_on, gate.settle_call
    folder = Path(os.environ["SENT_WHEN"])  # what was done has left a file there
    calls = int(os.environ.get("CRASH_AFTER", "1"))  # read now: a host that has begun keeps no environment
    expected = threading.Semaphore(calls - 1)

    def die_with_the_last() -> None:
        if not expected.acquire(blocking=False):
            die()
        time.sleep(600)

    def done() -> int:
        return sum(file.is_file() and not file.name.startswith(".") for file in folder.rglob("*"))

    before = done()

    def dying_begin(*args, **kwargs):
        if boundary == "before_intent":
            die_with_the_last()
        begin(*args, **kwargs)
        die_with_the_last()

    async def dying_pass_on(process, *args):
        call = asyncio.ensure_future(pass_on(process, *args))
        while done() - before < calls:
            await asyncio.sleep(0.005)
        die()
        return await call

    def dying_settle(*args, **kwargs):
        if boundary == "before_outcome":
            die_with_the_last()
        settle(*args, **kwargs)
        die_with_the_last()

    if boundary in ("before_intent", "after_intent"):
        gate.begin_call = dying_begin
    elif boundary == "after_sending":
        gate.pass_on = dying_pass_on
    else:
        gate.settle_call = dying_settle


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
    os.environ["DJANGO_SETTINGS_MODULE"] = "countersign.settings"
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    from toolserver.host import forkserver

    forkserver.PRELOAD = [*forkserver.PRELOAD[:-1], "tests.toolserver.host.keyed_preload"]
    if "CRASH_AT" in os.environ:
        break_at(os.environ["CRASH_AT"])
    execute_from_command_line(sys.argv)
