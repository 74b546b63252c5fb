"""The page that matters: what is shown, what would leave, and deciding on exactly that."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from countersign.canonical import canonical_json, content_hash
from countersign.demo.team import Team, add_mail_credential, give_role, publish, set_up_team
from tests.e2e.browser.conftest import PASSWORD, PHONE, Newsletter, assert_accessible
from tests.e2e.browser.gates import READERS, address, decide, open_request, request_of

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
    expect(email.get_by_text("Newsletter <newsletter@acme.example>")).to_be_visible()
    expect(email.get_by_text("Made of exactly the draft shown here.")).to_be_visible()
    file = page.get_by_role("article", name="Write the file")
    expect(file.get_by_text("Exactly the draft shown here.")).to_be_visible()

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
    page.route("**/preview/", lambda route: route.fulfill(json={"ok": False, "code": "x", "detail": "No mail today."}))
    page.reload()
    email = page.get_by_role("article", name="E-mail it to the list")
    expect(email.get_by_text("It cannot be shown as it would leave. No mail today.")).to_be_visible()
    expect(email.get_by_text("made of this, which is not the draft shown here:")).to_be_visible()
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
    expect(page.get_by_text("Revision 2", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ changes?$"))).to_be_visible()
    expect(draft.locator("ins, del, .is-added, .is-removed").first).to_be_visible()
    expect(page.get_by_text(WORDS).first).to_be_visible()
    second = request_of(newsletter.team, request["subject"]["id"], revision=2)
    page.get_by_role("button", name="Raw text").click()
    page.get_by_label("What changed").select_option("As it is now")
    expect(draft.locator("pre")).to_have_text(second["shown"]["draft"])


def test_approving_is_followed_until_it_is_delivered(open_browser, newsletter, mailbox):
    page, request = at_request(open_browser, newsletter)
    email = page.get_by_role("article", name="E-mail it to the list")
    email.get_by_role("button", name=re.compile("characters not shown")).click()
    text = email.get_by_role("region", name="Plain text").inner_text()
    email.get_by_role("button", name="HTML", exact=True).click()
    part = email.frame_locator("iframe")
    expect(part.get_by_role("heading", level=1)).to_have_text("What is new this month")
    assert part.locator("body").evaluate("() => self.origin") == "null", "it is shut off from the page"
    assert_accessible(page)
    email.get_by_text("Its source").click()
    email.get_by_role("button", name=re.compile("characters not shown")).click()
    html = email.get_by_role("region", name="Its source").inner_text()

    page.keyboard.press("a")
    bar = page.get_by_role("region", name="Your decision")
    expect(bar.get_by_text("This leaves at once: 1 e-mail to 3 people and 1 file.")).to_be_visible()
    seen = len(mailbox.received)
    bar.get_by_role("button", name="Approve and send to 3 people").click()
    expect(bar.get_by_text("Delivered", exact=True)).to_be_visible(timeout=60_000)
    expect(bar.get_by_text(re.compile("^Sent to 3 people at"))).to_be_visible()
    sent = mailbox.wait_for(lambda mail: READERS[0] in mail.recipients, after=seen)
    assert sorted(sent.recipients) == sorted(READERS)
    assert sent.message["From"] == "Newsletter <newsletter@acme.example>"
    for part, shown in (("plain", text), ("html", html)):
        assert sent.message.get_body((part,)).get_content().split() == shown.split(), part
    assert_accessible(page)
    made = newsletter.team.editor.get(f"{newsletter.team.path}/approvals/{request['id']}/")["decisions"]
    assert [(d["verdict"], d["plan_hash"]) for d in made] == [("approve", request["plan_hash"])]


def test_rejecting_ends_it_and_nothing_leaves(open_browser, newsletter):
    page, request = at_request(open_browser, newsletter)
    page.keyboard.press("r")
    page.get_by_label("Why?").fill("Not this month.")
    page.get_by_role("region", name="Your decision").get_by_role("button", name="Reject").click()
    expect(page.get_by_text(re.compile(r"rejected revision 1 at .*\. Nothing left\."))).to_be_visible()
    expect(page.get_by_role("heading", name="Would have left")).to_be_visible()
    run = newsletter.team.editor.get(f"{newsletter.team.path}/runs/{request['subject']['id']}/")
    assert run["status"] == "rejected"


def test_what_is_held_back_says_until_when_and_then_goes(open_browser, newsletter, platform, mailbox):
    team = set_up_team(platform.url, mailbox, name="Patient", slug="patient", domain="patient.example",
                       password=PASSWORD, invited={"editor": "editor"})
    add_mail_credential(team)
    request = open_request(team, held_newsletter(newsletter, team, seconds=15))
    page = open_browser(team.editor)
    page.goto(address(team, request))
    expect(page.get_by_role("button", name="Approve and send to 3 people")).to_be_enabled()
    page.keyboard.press("a")
    bar = page.get_by_role("region", name="Your decision")
    bar.get_by_role("button", name="Approve and send to 3 people").click()
    expect(bar.get_by_text(re.compile("^Held until .*: 1 e-mail to 3 people"))).to_be_visible()
    expect(bar.get_by_text(re.compile("^On its way"))).to_have_count(0)
    expect(bar.get_by_text("Delivered", exact=True)).to_be_visible(timeout=90_000)


def held_newsletter(newsletter: Newsletter, team: Team, *, seconds: int) -> str:
    """The newsletter as this team's, whose policy holds back for a while what was approved."""
    theirs = f"{newsletter.team.path}/workflows/{newsletter.workflow}/versions/1/"
    spec = newsletter.team.admin.get(theirs)["spec"]
    role = give_role(team, [team.editor])
    next(node for node in spec["nodes"] if node["id"] == "gate")["policy"]["hold_seconds"] = seconds
    made = team.admin.post(f"{team.path}/workflows/", {"spec": spec})
    path = f"{team.path}/workflows/{made['id']}"
    team.admin.call("PUT", f"{path}/permissions/", {"role": role, "actions": ["view", "run", "decide"]})
    publish(team, f"{path}/versions/1/")
    return made["id"]


TEXT = """# News

See the ![chart]({image}) here.

- [{box}] Send it

One {word} word.

{first}. First

The bridge is {state}.
"""
BEFORE = TEXT.format(image="a.png", box=" ", word="plain", first=1, state="closed")
AFTER = TEXT.format(image="b.png", box="x", word="**plain**", first=3, state="open")


def test_a_newer_revision_shows_what_changed_also_in_images_boxes_and_emphasis(open_browser, newsletter):
    """To somebody who comes from the inbox and has not seen the earlier one."""
    team = newsletter.team
    first = open_request(team, newsletter.workflow)
    decide(team, team.editor, first, "request_changes", WORDS)
    request = request_of(team, first["subject"]["id"], revision=2)
    page = open_browser(team.editor)

    def other_words(route):
        answer = route.fetch()
        seen = answer.json()
        if "shown" in seen:
            seen["shown"]["draft"] = AFTER
        else:
            for each in seen["drafts"]:
                each["text"] = BEFORE if each["revision"] == 1 else AFTER
        route.fulfill(response=answer, json=seen)

    page.route(f"**/approvals/{request['id']}/", other_words)
    page.route(f"**/runs/{first['subject']['id']}/", other_words)
    page.goto(address(team, request))
    draft = page.get_by_label("Draft", exact=True)
    expect(page.get_by_label("What changed")).to_have_value("1")
    expect(draft.locator("del")).to_have_text(["→ chart: a.png ", "☐ ", "closed"])
    expect(draft.locator("ins")).to_have_text(["→ chart: b.png ", "☑ ", "**", "**", "open"])
    expect(draft.get_by_text("markup too: see the raw text")).to_be_visible()  # the list begins at 3
    assert_accessible(page)


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
    expect(page.get_by_text("Revision 2", exact=True)).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
