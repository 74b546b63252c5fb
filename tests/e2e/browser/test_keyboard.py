"""Where the focus goes, what hides it, and what a list of keys and places says to those who don't see it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.browser.conftest import Newsletter, assert_accessible
from tests.e2e.browser.gates import address, open_request


def test_another_page_is_read_from_its_beginning(open_browser, newsletter: Newsletter):
    page = open_browser(newsletter.team.admin)
    page.goto("/t/acme/workflows")
    main = page.get_by_role("main", name="Workflows")
    page.get_by_role("link", name="Newsletter", exact=True).click()
    expect(page.get_by_role("heading", name="Newsletter", level=1)).to_be_visible()
    expect(main).to_be_focused()
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_role("tab", name="Versions")).to_be_focused()
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_role("main", name="Runs")).to_be_focused()


def test_the_palette_is_accessible_and_leads_on(open_browser, newsletter: Newsletter):
    page = open_browser(newsletter.team.admin)
    page.goto("/t/acme/inbox")
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)
    page.keyboard.type("audit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()


def test_the_bar_in_which_one_decides_never_hides_what_has_the_focus(open_browser, newsletter: Newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor, viewport={"width": 390, "height": 740})
    page.goto(address(newsletter.team, request))
    bar = page.get_by_role("region", name="Your decision")
    for key in ("", "c"):
        if key:
            page.keyboard.press(key)
        expect(bar).to_be_visible()
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(100)
        covered = page.evaluate("parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom)")
        assert covered >= page.viewport_size["height"] - bar.bounding_box()["y"]


def test_times_of_a_page_opened_late_are_of_now(open_browser, newsletter: Newsletter):
    """The clock of all relative times stands still while no page shows one."""
    page = open_browser(newsletter.team.admin)
    page.clock.install()
    page.goto(f"/t/acme/workflows/{newsletter.workflow}?tab=versions")
    made = page.get_by_role("row").filter(has_text="v1").locator("time").first
    expect(made).to_be_visible()
    page.get_by_role("link", name="Start a run").click()
    expect(page.get_by_role("button", name="Start the run")).to_be_visible()
    page.clock.fast_forward("03:00:00")
    page.get_by_role("main").get_by_role("link", name="Newsletter").click()
    page.get_by_role("tab", name="Versions").click()
    expect(made).to_have_text("3 hours ago")
