import contextlib
import json as json_module
import sys
import tempfile
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from countersign.demo.job import Job
from countersign.demo.sources import NOTES, read_sources
from countersign.demo.team import add_mail_credential, give_role, publish_newsletter, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.platform import temporary_platform
from countersign.errors import CountersignError


class Command(BaseCommand):
    help = "Do the main job once, on temporary state, over the public API and a real SMTP server on loopback."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--sources", type=Path, default=NOTES,
                            help="a folder of text documents (default: sample notes)")
        parser.add_argument("--json", action="store_true", help="end with one JSON object on a line of its own")
        parser.add_argument("--keep", type=Path, help="copy what the run wrote into this folder")

    def handle(self, *, sources: Path, json: bool, keep: Path | None, **_: object) -> None:
        try:
            documents = read_sources(sources)
        except CountersignError as error:
            raise CommandError(f"{error.detail} ({error.code})", returncode=2) from None
        figures, faults = self._do(documents, keep)
        if json:
            self._print_json(figures)
        else:
            self._print(figures)
        if faults:
            raise CommandError("This did not hold: " + "; ".join(faults))

    def _do(self, documents: list[dict[str, str]], keep: Path | None) -> tuple[dict, list[str]]:
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="countersign-demo-")))
            mailbox = stack.enter_context(Mailbox())
            platform = stack.enter_context(temporary_platform(folder, email_url=mailbox.url, say=self._say))
            ready = round(time.monotonic() - started, 3)
            self._say(f"the platform is ready after {ready:.1f} s")
            team = set_up_team(platform.url, mailbox, name="Acme", slug="acme", domain="acme.example",
                               password=platform.secrets.demo_password,
                               invited={"editor": "editor", "viewer": "viewer"})
            role = give_role(team, [team.editor])
            add_mail_credential(team)
            job = Job(team, publish_newsletter(team, role), documents, self._say)
            self._say("a team signed up, invited an editor and a viewer, and published the newsletter workflow")
            figures = job.run()
            figures["seconds"] = {"ready": ready, **figures["seconds"]}
            if keep:
                self._keep(job, mailbox, keep)
            return figures, job.faults(figures)

    def _say(self, sentence: str) -> None:
        print(f"  {sentence}", file=sys.stderr, flush=True)

    def _keep(self, job: Job, mailbox: Mailbox, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        editor, path = job.team.editor, f"{job.team.path}/runs/{job.run_id}/artifacts"
        for artifact in editor.all(f"{path}/"):
            content = editor.http.get(f"/api/v1/{path}/{artifact['name']}/")
            (folder / artifact["name"]).write_bytes(content.content)
        for number, mail in enumerate(mailbox.received, 1):
            (folder / f"mail-{number:02}.eml").write_bytes(mail.message.as_bytes())

    def _print_json(self, figures: dict) -> None:
        self.stdout.write(json_module.dumps(figures))

    def _print(self, figures: dict) -> None:
        for name, value in figures.items():
            self.stdout.write(f"{name:>16}  {value}")
