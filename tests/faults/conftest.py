"""The whole platform, started once for these tests, with a team whose newsletter workflow is published."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from countersign.chaos.patience import until_served
from countersign.demo.team import Team, add_mail_credential, give_role, publish_newsletter, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.platform import temporary_platform
from countersign.embedded.stack import Stack
from tests.whole_platform import FOR_TESTS


@pytest.fixture(scope="session")
def mailbox(shared: contextlib.ExitStack) -> Mailbox:
    return shared.enter_context(Mailbox())


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, shared: contextlib.ExitStack, mailbox: Mailbox,
          django_db_blocker) -> Stack:
    """The whole platform, on a database of its own. What dies is started again, as `up` does it."""
    folder = tmp_path_factory.mktemp("platform")
    for parent in (folder, *list(folder.parents)[:2]):
        parent.chmod(0o755)
    with django_db_blocker.unblock():  # it migrates a database of its own, in this process
        stack = shared.enter_context(temporary_platform(folder, email_url=mailbox.url, environment=FOR_TESTS))
    shared.enter_context(watched(stack))
    return stack


@contextlib.contextmanager
def watched(stack: Stack) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            stack.watch()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def team(stack: Stack, mailbox: Mailbox, request: pytest.FixtureRequest) -> Team:
    """A file's own: what its tests count is theirs alone."""
    slug = request.module.__name__.rpartition(".")[2].replace("_", "-")
    team = set_up_team(stack.url, mailbox, name=slug, slug=slug, domain=f"{slug}.example",
                       password="correct horse staple", invited={"editor": "editor"})
    add_mail_credential(team)
    return team


@pytest.fixture(scope="module")
def workflow(team: Team) -> str:
    return until_served(lambda: publish_newsletter(team, give_role(team, [team.editor])))
