"""Getting in: an account, a proven address, a team; a wrong password, a forgotten one, and where one was going."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from countersign.demo.client import CODE
from countersign.embedded.mailbox import Mailbox
from countersign.ids import new_id
from tests.e2e.browser.conftest import PASSWORD, PHONE, Newsletter, assert_accessible

OTHER_PASSWORD = "another long enough phrase"


@pytest.fixture
def address() -> str:
    return f"somebody-{new_id().hex[-8:]}@example.org"


def code_for(mailbox: Mailbox, address: str, *, after: int) -> str:
    mail = mailbox.wait_for(lambda m: address in m.recipients and bool(CODE.search(m.text)), after=after)
    return CODE.search(mail.text)[1]


def fill_in(page: Page, address: str, password: str) -> None:
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password", exact=True).fill(password)


def test_from_nothing_to_an_own_inbox(open_browser, mailbox, address):
    page, seen = open_browser(), len(mailbox.received)
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Your name").fill("First Owner")
    fill_in(page, address, "short")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()

    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    code = code_for(mailbox, address, after=seen)
    page.goto(f"/verify-email/{code}")
    expect(page.get_by_label("Code from the e-mail")).to_have_value(code)
    page.wait_for_load_state("networkidle")
    expect(page).to_have_url(re.compile("/verify-email/"))  # an address never acts by being opened
    page.get_by_label("Code from the e-mail").fill("WRNG-CODE")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("code")
    page.get_by_label("Code from the e-mail").fill(code)
    page.get_by_role("button", name="Verify").click()

    page.get_by_label("Name of the team").fill("Fresh Ink")
    slug = f"fresh-{address.split('@')[0][-8:]}"
    expect(page.get_by_label("Address")).to_have_value("fresh-ink")
    page.get_by_label("Address").fill(slug)
    assert_accessible(page)
    page.get_by_role("button", name="Make the team").click()
    expect(page).to_have_url(re.compile(f"/t/{slug}/inbox$"))
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_a_wrong_password_is_told_and_the_right_one_leads_on(open_browser, newsletter: Newsletter):
    page = open_browser()
    page.goto("/t/acme/people?tab=roles")
    expect(page).to_have_url(re.compile("/sign-in"))
    fill_in(page, newsletter.team.editor.email, "not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/t/acme/people\?tab=roles$"))
    expect(page.get_by_role("tab", name="Approver roles")).to_have_attribute("aria-selected", "true")

    page.get_by_role("button", name=re.compile("^You: ")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/t/acme/people")
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize("elsewhere", [
    "https://elsewhere.example/t/acme", "//elsewhere.example", r"/\elsewhere.example", "/%09/elsewhere.example",
    "javascript:alert(1)"])
def test_an_address_elsewhere_is_no_next_page(open_browser, newsletter: Newsletter, platform, elsewhere):
    page = open_browser(newsletter.team.editor)
    page.goto(f"/sign-in?next={elsewhere}")
    expect(page).to_have_url(re.compile(f"^{re.escape(platform.url)}/t/acme/inbox$"))


def test_a_forgotten_password(open_browser, mailbox, newsletter: Newsletter):
    page, seen, viewer = open_browser(), len(mailbox.received), newsletter.team.people["viewer"]
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot it?").click()
    expect(page.get_by_role("button", name="Send the code")).to_be_visible()  # the page before has an E-mail, too
    page.get_by_label("E-mail").fill(viewer.email)
    page.get_by_role("button", name="Send the code").click()
    page.get_by_label("Code from the e-mail").fill(code_for(mailbox, viewer.email, after=seen))
    page.get_by_label("New password").fill("password123")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("too common")
    page.get_by_label("New password").fill(OTHER_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page).to_have_url(re.compile("/t/acme/inbox$"))  # signed in with it at once
    viewer.password = OTHER_PASSWORD
    assert viewer.sign_in()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/password-reset", "/verify-email", "/invitations/nothing"])
def test_the_first_pages_are_accessible(open_browser, path):
    for viewport in ({"width": 1280, "height": 860}, PHONE):
        page = open_browser(viewport=viewport)
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
