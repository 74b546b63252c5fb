"""Somebody was quicker, or the session ended: said kindly, nothing counted, nothing typed lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from countersign.demo.client import Person
from countersign.demo.team import give_role, set_up_team
from tests.e2e.browser.conftest import PASSWORD, Newsletter, assert_accessible
from tests.e2e.browser.gates import address, decide, open_request, request_of

WORDS = "Good, but the title is wrong."


@pytest.fixture(scope="session")
def second(newsletter: Newsletter) -> Person:
    """Another editor who holds the role."""
    team = newsletter.team
    more = set_up_team(team.url, team.mailbox, name="Acme", slug=team.slug, domain="acme.example", password=PASSWORD,
                       invited={"second": "editor"})
    give_role(team, [more.people["second"]])
    return more.people["second"]


def frozen(page: Page, request: dict) -> None:
    """From now on the page learns of nothing new about the request, until it has tried to decide."""
    tried = []
    page.on("request", lambda sent: tried.append(sent.url) if sent.method == "POST" else None)
    known = page.evaluate("path => fetch(path).then((answer) => answer.json())",
                          f"/api/v1/tenants/acme/approvals/{request['id']}/")
    page.route(f"**/approvals/{request['id']}/",
               lambda route: route.continue_() if tried else route.fulfill(json=known))


def about_to(page: Page, newsletter: Newsletter, request: dict, key: str, label: str) -> None:
    page.goto(address(newsletter.team, request))
    expect(page.get_by_role("button", name="Approve and send to 3 people")).to_be_enabled()
    frozen(page, request)
    page.keyboard.press(key)
    page.get_by_label(label).fill(WORDS)


def decisions(newsletter: Newsletter, request: dict) -> list[tuple[str, str]]:
    seen = newsletter.team.admin.get(f"{newsletter.team.path}/approvals/{request['id']}/")
    return [(d["user"]["email"], d["verdict"]) for d in seen["decisions"]]


def test_a_decision_on_what_another_rejected_says_who_and_keeps_the_words(open_browser, newsletter, second):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    about_to(page, newsletter, request, "a", "A word with it")
    decide(newsletter.team, second, request, "reject")
    page.get_by_role("button", name="Approve and send to 3 people").click()
    notice = page.get_by_role("status").filter(has_text="Somebody was quicker")
    expect(notice).to_contain_text("second@acme.example rejected revision 1 at")
    expect(notice).to_contain_text("Your decision was not counted")
    expect(page.get_by_text(WORDS)).to_be_visible()
    assert_accessible(page)
    assert decisions(newsletter, request) == [("second@acme.example", "reject")]


def test_a_decision_on_a_cancelled_run_names_nobody(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    about_to(page, newsletter, request, "a", "A word with it")
    newsletter.team.admin.post(f"{newsletter.team.path}/runs/{request['subject']['id']}/cancel/")
    page.get_by_role("button", name="Approve and send to 3 people").click()
    notice = page.get_by_role("status").filter(has_text="This takes no more decisions")
    expect(notice).to_contain_text("This request is cancelled")
    expect(page.get_by_text("Somebody was quicker")).to_have_count(0)


def test_a_decision_on_an_older_revision_leads_to_the_newer_one(open_browser, newsletter, second):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    about_to(page, newsletter, request, "a", "A word with it")
    decide(newsletter.team, second, request, "request_changes", "Lead with the library.")
    newer = request_of(newsletter.team, request["subject"]["id"], revision=2)
    page.get_by_role("button", name="Approve and send to 3 people").click()
    notice = page.get_by_role("status").filter(has_text="Somebody was quicker")
    expect(notice).to_contain_text("second@acme.example requested changes to revision 1 at")
    expect(notice).to_contain_text("Revision 2 is the current one.")
    expect(page.get_by_text(WORDS)).to_be_visible()
    notice.get_by_role("link", name="Go to revision 2").click()
    expect(page.get_by_text("Revision 2", exact=True)).to_be_visible()
    assert newer["id"] in page.url
    page.keyboard.press("a")  # what was written about the older one is still there
    expect(page.get_by_label("A word with it")).to_have_value(WORDS)
    assert decisions(newsletter, newer) == []


def test_a_page_that_watches_sees_it_while_one_types_and_keeps_the_words(open_browser, newsletter, second):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    page.goto(address(newsletter.team, request))
    page.get_by_role("button", name="Request changes…").click()
    page.get_by_label("What should change?").fill(WORDS)
    decide(newsletter.team, second, request, "reject", "Not this month.")
    expect(page.get_by_text("second@acme.example rejected revision 1 at")).to_be_visible()
    expect(page.get_by_role("region", name="Your decision").get_by_text(WORDS)).to_be_visible()


def test_a_session_that_ended_takes_nothing_that_was_typed(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor)
    about_to(page, newsletter, request, "c", "What should change?")
    page.context.clear_cookies()
    page.get_by_role("button", name="Request changes", exact=True).click()
    expect(page.get_by_text("You are signed out").first).to_be_visible()
    assert_accessible(page)
    page.unroute_all()
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail", exact=True).fill(newsletter.team.editor.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("What you wrote is kept.")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_label("What should change?")).to_have_value(WORDS)
    assert decisions(newsletter, request) == []
