"""A real platform, Debian's Chromium, and people who act in it: pages, API, mail and tools are all real."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from countersign.demo.client import Person
from countersign.demo.team import Team, add_mail_credential, give_role, publish_newsletter, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.platform import temporary_platform
from countersign.embedded.stack import Stack
from countersign.web_app.build import build_web_app
from tests.whole_platform import FOR_TESTS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
INSTALL = "Chromium is missing: apt-get install chromium"
#: The address bar's suggestions are pages of their own, which cost each window a second of CPU. Those after them are
#: Playwright's own choice, in whose place this list is taken.
WITHOUT = ["WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup", "PreloadTopChromeWebUI",
           "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
           "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding",
           "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints",
           "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"]
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--disable-features={','.join(WITHOUT)}"]
PASSWORD = "correct horse battery staple"
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}

expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(300))
            if not CHROMIUM and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason=INSTALL))


@pytest.fixture(scope="session")
def mailbox(shared: ExitStack) -> Mailbox:
    return shared.enter_context(Mailbox())


@pytest.fixture(scope="session")
def platform(shared: ExitStack, mailbox: Mailbox, django_db_blocker) -> Stack:
    build_web_app()
    folder = shared.enter_context(tempfile.TemporaryDirectory(prefix="countersign-browser-"))
    with django_db_blocker.unblock():  # it migrates a database of its own, in this process
        return shared.enter_context(temporary_platform(Path(folder), email_url=mailbox.url, environment=FOR_TESTS))


@pytest.fixture(scope="session")
def chromium(shared: ExitStack, platform: Stack) -> Browser:
    """After the platform, and gone with the folder: Django does nothing in a thread where Playwright's loop lives."""
    assert CHROMIUM, INSTALL
    playwright = shared.enter_context(sync_playwright())
    return shared.enter_context(playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET))


@pytest.fixture
def open_browser(chromium: Browser, platform: Stack) -> Iterator[Callable[..., Page]]:
    """A window of somebody's own, signed in as `person` where one is given. What it logs as an error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(person: Person | None = None, *, viewport: dict = DESKTOP, dark: bool = False) -> Page:
        context = chromium.new_context(base_url=platform.url, viewport=viewport, locale="en-GB",
                                       color_scheme="dark" if dark else "light", reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        if person:
            sign_in(page, person.email, person.password)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


def sign_in(page: Page, email: str, password: str) -> None:
    """By the API, as the page does it: for tests whose subject is something else."""
    request, auth = page.context.request, "/_allauth/browser/v1/auth"
    request.get(f"{auth}/session")
    csrf = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    answer = request.post(f"{auth}/login", data={"email": email, "password": password}, headers={"X-CSRFToken": csrf})
    assert answer.ok, answer.text()


@dataclass
class Newsletter:
    """A team with an admin, an editor who holds the approver role, a viewer, and the published newsletter."""

    team: Team
    workflow: str

    @property
    def slug(self) -> str:
        return self.team.slug


@pytest.fixture(scope="session")
def newsletter(platform: Stack, mailbox: Mailbox) -> Newsletter:
    team = set_up_team(platform.url, mailbox, name="Acme", slug="acme", domain="acme.example", password=PASSWORD,
                       invited={"editor": "editor", "viewer": "viewer"})
    role = give_role(team, [team.editor])
    add_mail_credential(team)
    return Newsletter(team, publish_newsletter(team, role))


RULES = {"runOnly": {"type": "tag", "values": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}, "resultTypes": ["violations"]}
#: All that another colour can break.
RULES_OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
                   "resultTypes": ["violations"]}


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 AA that axe can see, in light and in dark."""
    for scheme, rules in (("light", RULES), ("dark", RULES_OF_COLOUR)):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("() => new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))")
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, f"{page.url} ({scheme})\n{found.generate_report()}"
