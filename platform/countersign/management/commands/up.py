import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from countersign.demo.sources import NOTES, read_sources
from countersign.demo.team import add_mail_credential, give_role, publish_newsletter, set_up_team, start_newsletter
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.postgres import CannotStart
from countersign.embedded.secrets import Secrets
from countersign.embedded.services import Services
from countersign.embedded.stack import Stack, free_port
from countersign.web_app.build import build_web_app
from countersign.web_app.places import CannotBuild

DOMAIN = "countersign.example"


class Command(BaseCommand):
    help = "Start everything on this machine, with a demo team the first time. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the web app answers (default: 8000)")
        parser.add_argument("--no-web-app", action="store_true", help="serve the API alone: build no pages")

    def handle(self, *, port: int, no_web_app: bool, **_: object) -> None:
        self.state = _state_folder()
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs begin with SIGINT ignored
            signal.signal(number, _interrupt)
        try:
            with contextlib.ExitStack() as stack:
                stack.enter_context(_only_one(self.state, port))
                _check_port(port)
                self._run(stack, port, with_pages=not no_web_app)
        except CannotStart as error:
            raise CommandError(str(error)) from None
        except CannotBuild as error:
            raise CommandError(f"{error}\nThe API runs without pages: ./countersign up --no-web-app") from None
        except KeyboardInterrupt:
            self._say("stopped")

    def _run(self, stack: contextlib.ExitStack, port: int, *, with_pages: bool) -> None:
        built = stack.enter_context(ThreadPoolExecutor(1)).submit(build_web_app, self._say) if with_pages else None
        secrets = Secrets.of(self.state)
        self._say(f"state is in {self.state}; starting Postgres and Redis")
        services = stack.enter_context(Services(self.state, secret=secrets.database))
        mailbox = None
        if not settings.ENVIRONMENT.email_url:
            mailbox = stack.enter_context(Mailbox(port=_kept_port(self.state, "mailbox"), folder=self.state / "mail"))
        platform = Stack(services, secrets, self.state, port=port, say=self._say,
                         email_url=mailbox.url if mailbox else settings.ENVIRONMENT.email_url)
        stack.callback(platform.stop)
        platform.nursery.warm()  # while the database is migrated
        self._say("migrating the database")
        platform.migrate()
        if built:
            built.result()
        self._say("starting web, worker, notify worker, scheduler and toolserver")
        platform.start()
        platform.wait_until_ready()
        if mailbox:
            self._load_demo(platform, mailbox)
        self._greet(platform, mailbox)
        while True:
            platform.watch()
            time.sleep(0.2)

    def _load_demo(self, platform: Stack, mailbox: Mailbox) -> None:
        """Once: a team whose newsletter run is drafting. What a broken-off load left is finished by the next one."""
        done = self.state / "demo.json"
        if done.exists():
            return
        self._say("loading the demo team")
        team = set_up_team(platform.url, mailbox, name="Demo", slug="demo", domain=DOMAIN,
                           password=platform.secrets.demo_password, invited={"editor": "editor"})
        role = give_role(team, [team.editor])
        add_mail_credential(team)
        workflow = publish_newsletter(team, role)
        run = start_newsletter(team, workflow, read_sources(NOTES), ["readers@countersign.example"])
        done.write_text(json.dumps({"run": run}))

    def _greet(self, platform: Stack, mailbox: Mailbox | None) -> None:
        lines = ["", f"Countersign is running at {platform.url}"]
        if mailbox:
            lines += [
                f"  sign in as   admin@{DOMAIN} or editor@{DOMAIN}, password {platform.secrets.demo_password}",
                "  waiting      a newsletter drafted offline from sample notes, for an Editor to decide",
                f"  API          {platform.url}/api/v1/docs/",
                f"  mail sent    {self.state / 'mail'} (a mailbox on this machine: nothing leaves it)",
            ]
        lines += ["  Ctrl-C stops everything.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _say(self, sentence: str) -> None:
        print(f"countersign: {sentence}", file=sys.stderr, flush=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _state_folder() -> Path:
    folder = settings.ENVIRONMENT.state_dir
    folder = folder if folder.is_absolute() else settings.ROOT / folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _only_one(state: Path, port: int) -> Iterator[None]:
    """Raises CommandError when another `up` works on this state."""
    with (state / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CommandError(f"Countersign is running already: {lock.read().strip() or 'starting'}") from None
        lock.truncate(0)
        lock.write(f"http://127.0.0.1:{port} (process {os.getpid()})")
        lock.flush()
        yield


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(f"Port {port} is taken by another program; choose one with --port N.") from None


def _kept_port(state: Path, name: str) -> int:
    """The same port at every start: the demo team's mail credential names it."""
    file = state / f"{name}.port"
    if not file.exists():
        file.write_text(str(free_port()))
    return int(file.read_text())

