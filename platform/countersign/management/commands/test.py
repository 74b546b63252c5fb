import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parents[4]


class Command(BaseCommand):
    help = "Run the test suite (pytest), on services of its own. Takes pytest's arguments, and --slow."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        arguments = argv[2:]
        alone = any(a in ("-n", "--pdb", "--collect-only", "-h", "--help") or a.startswith("-n") for a in arguments)
        # One process a core, files kept together: a file's fixtures are made once.
        spread = [] if alone else ["-n", "auto", "--dist", "loadfile"]
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *spread, *arguments])
