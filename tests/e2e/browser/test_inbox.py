"""The inbox: what waits for me, what it would let go, and going through it by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browser.conftest import PHONE, assert_accessible
from tests.e2e.browser.gates import decide, open_request


def test_it_says_what_waits_and_opens_it_by_keyboard(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    page.goto(f"/t/{newsletter.slug}/inbox")
    newest = page.get_by_role("list", name="Inbox").get_by_role("listitem").first
    expect(newest).to_contain_text("What is new this month")
    expect(newest).to_contain_text("Newsletter · Revision 1 · started by editor@acme.example")
    expect(newest).to_contain_text("Needs Editor 0 of 1")
    for what in ("e-mail", "file"):
        expect(newest.get_by_text(what, exact=True)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/approvals/{request['id']}"))


def test_what_is_decided_leaves_it_and_stands_among_the_settled(open_browser, newsletter):
    team = newsletter.team
    request = open_request(team, newsletter.workflow)
    page = open_browser(team.editor, viewport=PHONE)
    page.goto(f"/t/{team.slug}/inbox")
    link = page.locator(f"a[href$='{request['id']}']")
    expect(link).to_be_visible()
    decide(team, team.editor, request, "reject", "Not this month.")
    expect(link).to_have_count(0)  # by itself
    page.get_by_role("button", name="Settled").click()
    expect(link).to_be_visible()
    expect(page).to_have_url(re.compile("show=settled"))
    page.get_by_label("State").select_option("Approved")
    expect(link).to_have_count(0)
    page.get_by_label("State").select_option("Rejected")
    expect(link).to_be_visible()
    rejected = page.get_by_role("listitem").filter(has=link)
    expect(rejected).to_contain_text("Would have left:filee-mail")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_when_it_cannot_be_asked_for_again_it_says_so_and_keeps_what_it_has(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    page.goto(f"/t/{newsletter.slug}/inbox")
    link = page.locator(f"a[href$='{request['id']}']")
    expect(link).to_be_visible()
    page.route("**/approvals/?*", lambda route: route.abort())
    expect(page.get_by_role("status").filter(has_text="What you see may be old")).to_be_visible(timeout=60_000)
    expect(link).to_be_visible()
    page.unroute("**/approvals/?*")
    expect(page.get_by_text("What you see may be old")).to_have_count(0)


def test_an_empty_one_says_what_it_is_and_what_to_do(open_browser, newsletter):
    page = open_browser(newsletter.team.people["viewer"])
    page.goto(f"/t/{newsletter.slug}/inbox")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(page.get_by_role("link", name="Start a run")).to_be_visible()
    assert_accessible(page)
