from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from countersign.errors import CountersignError
from countersign.signing import VerifyKey
from tenants.audit import ChainReport, verify_chain
from tenants.audit.export import verify_export
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Verify the audit chain of every team, of one, or of an exported file (which needs no database)."
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="an export (JSON lines); `-` reads standard input")
        parser.add_argument("--tenant", metavar="SLUG", help="this team alone")
        parser.add_argument("--trust", metavar="KEY", action="append", default=[],
                            help="a verify key that the export's head may be signed with (default: GRANT_VERIFY_KEYS)")

    def handle(self, *, file: Path | None, tenant: str | None, trust: list[str], **_: object) -> None:
        if file:
            good = self._say(str(file), self._exported(file, trust or settings.GRANT_VERIFY_KEYS))
        else:
            tenants = Tenant.objects.filter(**{"slug": tenant} if tenant else {}).order_by("slug")
            if tenant and not tenants:
                raise CommandError(f"There is no team {tenant!r}.")
            whole = [self._say(found.slug, verify_chain(found.id)) for found in tenants]  # also after a broken one
            good = all(whole)
        if not good:
            sys.exit(1)

    def _exported(self, file: Path, trust: list[str]) -> ChainReport:
        if not trust:
            raise CommandError("Give the key that you trust: --trust KEY.")
        try:
            keys = [VerifyKey.load(key) for key in trust]
        except ValueError as error:
            raise CommandError(f"This is no verify key: {error}") from error
        try:
            with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
                return verify_export(lines, keys)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except CountersignError as error:
            raise CommandError(f"{file}: {error.detail}") from error

    def _say(self, name: str, report: ChainReport) -> bool:
        if report.ok:
            self.stdout.write(f"{name}: {report.entries} entries, whole; head {report.head}")
        else:
            fault = report.first_fault
            where = f" (entry {fault.entry})" if fault.entry else ""
            self.stdout.write(self.style.ERROR(f"{name}: BROKEN after {report.entries} entries: {fault.detail}{where}"))
        return report.ok
