import contextlib
import json as json_module
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from countersign.chaos.course import Course, Verdict, more_processes
from countersign.chaos.traffic import open_desks
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.platform import temporary_platform


class Command(BaseCommand):
    help = "Drive runs through the API while processes are killed and stopped at random; then count what came of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--runs", type=int, default=200, help="how many runs (default: 200)")
        parser.add_argument("--seconds", type=float, help="start no more runs after this long")
        parser.add_argument("--json", action="store_true", help="end with one JSON object on a line of its own")
        parser.add_argument("--teams", type=int, default=4, help="how many teams share the runs (default: 4)")
        parser.add_argument("--in-flight", type=int, default=24, help="runs under way at once (default: 24)")
        parser.add_argument("--workers", type=int, default=2, help="worker processes (default: 2)")
        parser.add_argument("--seed", type=int, help="repeat the strikes of another time")
        parser.add_argument("--keep", type=Path, help="keep the processes' logs in this folder")

    def handle(self, *, runs: int, seconds: float | None, json: bool, teams: int, in_flight: int, workers: int,
               seed: int | None, keep: Path | None, **_: object) -> None:
        if min(runs, teams, in_flight, workers) < 1:
            raise CommandError("--runs, --teams, --in-flight and --workers are 1 or more.", returncode=2)
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs begin with SIGINT ignored
            signal.signal(number, _interrupt)
        seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        self._began = time.monotonic()
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="countersign-chaos-")))
            if keep:
                stack.callback(lambda: shutil.copytree(folder / "logs", keep, dirs_exist_ok=True))
            mailbox = stack.enter_context(Mailbox())
            platform = stack.enter_context(temporary_platform(folder, email_url=mailbox.url, say=self._say))
            more_processes(platform, workers=workers)
            desks = open_desks(platform, mailbox, teams=teams)
            self._say(f"{teams} teams are ready; {runs} runs, {workers} workers, seed {seed}")
            verdict = Course(platform, mailbox, desks, seed=seed, say=self._say).run(
                runs=runs, most=in_flight, seconds=seconds)
        self._tell(verdict, json)

    def _tell(self, verdict: Verdict, json: bool) -> None:
        for remark in verdict.remarks:
            self._say(remark)
        if json:
            self.stdout.write(json_module.dumps({"rows": verdict.rows}))
        else:
            for row in verdict.rows:
                self.stdout.write(f"{row['name']:>18}  {row['value']} {row['unit']}")
        self.stdout.flush()
        if verdict.faults:
            raise CommandError("This did not hold: " + "; ".join(verdict.faults))

    def _say(self, sentence: str) -> None:
        print(f"  {time.monotonic() - self._began:6.1f} s  {sentence}", file=sys.stderr, flush=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
