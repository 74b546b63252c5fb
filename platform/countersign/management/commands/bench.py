import json as json_module
import sys

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Measure: every bench in tests/bench on one temporary Postgres, or one of them by its name."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("name", nargs="?", help="one bench alone, such as engine")
        parser.add_argument("--quick", action="store_true", help="see that it works: too few repetitions for figures")
        parser.add_argument("--strict", action="store_true", help="exit with status 1 when an aim was missed")
        parser.add_argument("--json", action="store_true", help="end with one JSON object on a line of its own")

    def handle(self, *, name: str | None, quick: bool, json: bool, strict: bool, **_: object) -> None:
        from tests.bench.frame import bench_names, machine, measure, missed_aims, table

        known = bench_names()
        if name and name not in known:
            raise CommandError(f"There is no bench {name!r}, only {', '.join(known)}.", returncode=2)
        where = machine()  # before the benches load it
        rows = measure([name] if name else known, quick=quick)
        missed = missed_aims(rows)
        self.stdout.write(f"{table(rows)}\n\nMeasured on {where}.\n{missed}")
        if json:
            self.stdout.write(json_module.dumps({"rows": [row.as_dict() for row in rows]}))
        if strict and any(row.missed for row in rows):
            sys.exit(1)
