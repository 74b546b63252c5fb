"""The page that matters: what is shown, what would leave, and deciding on exactly that."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from countersign.canonical import canonical_json, content_hash
from tests.e2e.browser.conftest import PHONE, Newsletter, assert_accessible
from tests.e2e.browser.gates import READERS, address, open_request, request_of

WORDS = "Please make it shorter, and lead with the library."


def at_request(open_browser, newsletter: Newsletter, **window) -> tuple[Page, dict]:
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.editor, **window)
    page.goto(address(newsletter.team, request))
    expect(page.get_by_role("button", name="Approve and send to 3 people")).to_be_enabled()
    return page, request


def test_what_would_leave_is_shown_to_the_last_byte(open_browser, newsletter):
    page, request = at_request(open_browser, newsletter)
    email = page.get_by_role("article", name="E-mail it to the list")
    for reader in READERS:
        expect(email.get_by_text(reader)).to_be_visible()
    expect(email.get_by_text("Exactly the draft shown here.")).to_be_visible()

    email.get_by_role("button", name="Raw").click()
    planned = next(call for call in request["calls"] if call["id"] == "send")
    expect(email.get_by_role("region", name="Raw")).to_have_text(canonical_json(planned["arguments"]).decode())
    expect(email.get_by_title(content_hash(planned["arguments"]))).to_be_visible()
    expect(email.get_by_title(planned["schema_hash"])).to_be_visible()
    expect(email.get_by_text("Computed here from the text above: the same.")).to_be_visible()


def test_a_body_that_is_not_the_draft_is_shown_and_what_is_left_out_is_counted(open_browser, newsletter):
    page, request = at_request(open_browser, newsletter)
    longer = f"{request['shown']['draft']}\n\nP.S. Nobody has read this line."

    def another_body(route):
        answer = route.fetch()
        seen = answer.json()
        next(call for call in seen["calls"] if call["id"] == "send")["arguments"]["body"] = longer
        route.fulfill(response=answer, json=seen)

    page.route(f"**/approvals/{request['id']}/", another_body)
    page.reload()
    email = page.get_by_role("article", name="E-mail it to the list")
    expect(email.get_by_text("Exactly the draft shown here.")).to_have_count(0)
    rest = email.get_by_role("button", name=re.compile(rf"of {len(longer):,} characters not shown"))
    rest.click()
    expect(email.get_by_role("region", name="Body")).to_contain_text("Nobody has read this line.")
    email.get_by_role("button", name="Raw").click()
    expect(email.get_by_role("alert")).to_contain_text("Do not approve")


def test_a_claims_source_opens_beside_it(open_browser, newsletter):
    page, _ = at_request(open_browser, newsletter)
    page.get_by_label("Draft", exact=True).get_by_role("button", name=re.compile("rain.md, line 3")).first.click()
    passage = page.get_by_role("dialog", name="rain.md, line 3")
    expect(passage.locator("[aria-current]")).to_contain_text("It rained for three days and the river rose by a metre.")
    expect(passage.get_by_text("repairs begin next week")).to_be_visible()


def test_a_change_is_asked_for_and_the_next_revision_compared(open_browser, newsletter):
    page, request = at_request(open_browser, newsletter)
    draft = page.get_by_label("Draft", exact=True)
    heading = draft.get_by_role("heading", level=1)
    page.keyboard.press("c")
    send = page.get_by_role("button", name="Request changes", exact=True)
    expect(send).to_be_disabled()
    page.get_by_label("What should change?").fill(WORDS)
    before = heading.bounding_box()
    send.click()

    here = page.get_by_role("link", name="Go to revision 2")
    expect(here).to_be_visible(timeout=60_000)
    # What is read stays where it is, until one goes.
    assert heading.bounding_box() == before
    assert page.url.endswith(request["id"])
    here.click()
    expect(page.get_by_text("Revision 2 of 4")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ changes?$"))).to_be_visible()
    expect(draft.locator("ins, del, .is-added, .is-removed").first).to_be_visible()
    expect(page.get_by_text(WORDS).first).to_be_visible()
    second = request_of(newsletter.team, request["subject"]["id"], revision=2)
    page.get_by_role("button", name="Raw text").click()
    page.get_by_label("What changed").select_option("As it is now")
    expect(draft.locator("pre")).to_have_text(second["shown"]["draft"])


def test_approving_is_followed_until_it_is_delivered(open_browser, newsletter, mailbox):
    page, request = at_request(open_browser, newsletter)
    page.keyboard.press("a")
    bar = page.get_by_role("region", name="Your decision")
    expect(bar.get_by_text("This leaves at once: 1 e-mail to 3 people and 1 file.")).to_be_visible()
    seen = len(mailbox.received)
    bar.get_by_role("button", name="Approve and send to 3 people").click()
    expect(bar.get_by_text("Delivered", exact=True)).to_be_visible(timeout=60_000)
    expect(bar.get_by_text(re.compile("^Sent to 3 people at"))).to_be_visible()
    sent = mailbox.wait_for(lambda mail: READERS[0] in mail.recipients, after=seen)
    assert sorted(sent.recipients) == sorted(READERS)
    made = newsletter.team.editor.get(f"{newsletter.team.path}/approvals/{request['id']}/")["decisions"]
    assert [(d["verdict"], d["plan_hash"]) for d in made] == [("approve", request["plan_hash"])]


def test_rejecting_ends_it_and_nothing_leaves(open_browser, newsletter):
    page, request = at_request(open_browser, newsletter)
    page.keyboard.press("r")
    page.get_by_label("Why?").fill("Not this month.")
    page.get_by_role("region", name="Your decision").get_by_role("button", name="Reject").click()
    expect(page.get_by_text(re.compile(r"rejected revision 1 at .*\. Nothing left\."))).to_be_visible()
    run = newsletter.team.editor.get(f"{newsletter.team.path}/runs/{request['subject']['id']}/")
    assert run["status"] == "rejected"


def test_whoever_may_not_decide_is_told_why(open_browser, newsletter):
    request = open_request(newsletter.team, newsletter.workflow)
    page = open_browser(newsletter.team.people["viewer"])
    page.goto(address(newsletter.team, request))
    expect(page.get_by_text("This takes the role Editor, which you do not hold.")).to_be_visible()
    for name in ("Approve and send to 3 people", "Request changes…", "Reject"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    page.keyboard.press("a")
    expect(page.get_by_label("A word with it")).to_have_count(0)


def test_it_is_accessible_on_a_desk_and_on_a_phone(open_browser, newsletter):
    page, _ = at_request(open_browser, newsletter)
    assert_accessible(page)
    page.keyboard.press("c")
    assert_accessible(page)
    page.get_by_label("What should change?").fill(WORDS)
    page.get_by_role("button", name="Request changes", exact=True).click()
    page.get_by_role("link", name="Go to revision 2").click(timeout=60_000)
    expect(page.get_by_text("Revision 2 of 4")).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
