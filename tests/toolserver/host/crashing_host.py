"""`manage.py toolserver`, killed by its own hand (SIGKILL) at the boundary of a guarded call that `CRASH_AT` names."""

import asyncio
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def break_at(boundary: str) -> None:
    from toolserver.host import gate

    begin, pass_on, settle = gate.begin_call, gate.pass_on, gate.settle_call
    folder = Path(os.environ["SENT_WHEN"])  # the mail server leaves a file there for what it was sent

    def dying_begin(*args, **kwargs):
        if boundary == "before_intent":
            die()
        begin(*args, **kwargs)
        die()

    async def dying_pass_on(process, *args):
        call = asyncio.ensure_future(pass_on(process, *args))
        while not any(folder.iterdir()):
            await asyncio.sleep(0.005)
        die()
        return await call

    def dying_settle(*args, **kwargs):
        if boundary == "before_outcome":
            die()
        settle(*args, **kwargs)
        die()

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
    break_at(os.environ["CRASH_AT"])
    execute_from_command_line(sys.argv)
