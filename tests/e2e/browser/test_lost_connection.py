"""No connection, no session, or a platform that fails for a while: what is typed stays, and nothing is claimed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Newsletter, assert_accessible, sign_in
from tests.e2e.browser.gates import address, open_request


def decisions(newsletter: Newsletter, request: dict) -> list[str]:
    seen = newsletter.team.admin.get(f"{newsletter.team.path}/approvals/{request['id']}/")
    return [decision["verdict"] for decision in seen["decisions"]]


def about_to_decide(open_browser, newsletter: Newsletter, request: dict) -> Page:
    page = open_browser(newsletter.team.editor)
    page.goto(address(newsletter.team, request))
    expect(page.get_by_role("button", name="Approve and send to 3 people")).to_be_enabled()
    return page


def looked_at_again(page: Page) -> None:
    """As when somebody comes back to the tab after a while."""
    page.wait_for_timeout(5_100)  # until what the page read counts as old
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")


def test_a_decision_made_without_a_connection_does_not_go_out_by_itself(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = about_to_decide(open_browser, newsletter, request)
    page.keyboard.press("a")
    send = page.get_by_role("region", name="Your decision").get_by_role("button", name="Approve and send to 3 people")
    expect(page.get_by_label("A word with it")).to_be_visible()
    page.context.set_offline(True)
    send.click()
    notice = page.get_by_text("It is not known whether your decision arrived")
    expect(notice).to_be_visible()
    page.context.set_offline(False)
    page.wait_for_timeout(2_000)
    assert decisions(newsletter, request) == []
    send.click()
    expect(page.get_by_text("editor@acme.example approved revision 1 at")).to_be_visible()
    expect(notice).to_have_count(0)
    assert decisions(newsletter, request) == ["approve"]


def test_a_decision_whose_answer_was_lost_may_be_made_again(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = about_to_decide(open_browser, newsletter, request)
    page.keyboard.press("r")
    page.get_by_label("Why?").fill("Not this month.")
    page.route(f"**/approvals/{request['id']}/**", lambda route: (
        route.request.method == "POST" and route.fetch(), route.abort()))
    page.get_by_role("button", name="Reject", exact=True).last.click()
    expect(page.get_by_text("Pressed twice, it is counted once.")).to_be_visible()
    page.unroute_all()
    expect(page.get_by_text("editor@acme.example rejected revision 1 at")).to_be_visible()
    expect(page.get_by_text("It is not known")).to_have_count(0)
    assert decisions(newsletter, request) == ["reject"]


def test_a_session_that_ended_leaves_what_is_being_written(open_browser, newsletter):
    admin = newsletter.team.admin
    page = open_browser(admin)
    page.goto(f"/t/{newsletter.slug}/people?tab=roles")
    page.get_by_role("button", name="New role").click()
    page.get_by_label("Name", exact=True).fill("Night desk")
    page.context.clear_cookies()
    looked_at_again(page)
    notice = page.get_by_text("You are signed out", exact=True)
    expect(notice).to_be_attached()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Night desk")
    page.keyboard.press("Escape")
    assert_accessible(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in, in a new tab").click()
    sign_in(opened.value, admin.email, admin.password)
    opened.value.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    expect(notice).to_have_count(0)


@pytest.mark.parametrize(("path", "asked", "button", "label"), [
    ("people?tab=roles", "roles", "New role", "Name"),
    ("tools?tab=credentials", "credentials", "New credential", "Name"),
    ("settings", "tokens", "New token", "Name"),
])
def test_what_cannot_be_read_again_stays_with_the_open_form(open_browser, newsletter, path, asked, button, label):
    page = open_browser(newsletter.team.admin)
    if asked == "tokens":
        newsletter.team.admin.post(f"{newsletter.team.path}/tokens/", {"name": "old", "scopes": ["runs:read"]})
    page.goto(f"/t/{newsletter.slug}/{path}")
    page.get_by_role("button", name=button).click()
    page.get_by_label(label, exact=True).fill("half written")
    page.route(f"**/api/v1/tenants/*/{asked}/", lambda route: route.fulfill(status=500, json={"detail": "Broken."}))
    looked_at_again(page)
    expect(page.get_by_text("This could not be read again just now, so it may be old.")).to_be_attached()
    expect(page.get_by_label(label, exact=True)).to_have_value("half written")
    page.unroute_all()
    page.keyboard.press("Escape")
    assert_accessible(page)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("it may be old")).to_have_count(0)
