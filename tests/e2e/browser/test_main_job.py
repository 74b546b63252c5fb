"""The main job through the pages: sign up, invite, give the role, run, ask for changes, approve, delivered."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from countersign.demo.client import CODE, Person
from countersign.demo.team import INVITATION, Team, add_mail_credential, publish_newsletter
from countersign.embedded.mailbox import Mailbox
from tests.e2e.browser.conftest import PASSWORD
from tests.whole_platform import DOCUMENTS
from toolserver.tools.email_message import plain_text

SLUG = "river"
ADMIN, EDITOR = "admin@river.example", "editor@river.example"
READERS = ["one@river.example", "two@river.example"]
WORDS = "Please lead with the library."


def test_from_sign_up_to_delivered(open_browser, platform, mailbox):
    admin, editor = open_browser(), open_browser()
    sign_up(admin, mailbox, ADMIN)
    make_team(admin)
    join(editor, mailbox, invite(admin, mailbox))
    give_role(admin)
    workflow = prepared(platform.url, mailbox)

    start_run(editor, workflow)
    editor.get_by_role("link", name=re.compile("^Inbox")).first.click()
    editor.get_by_role("link", name="River news").click(timeout=60_000)
    ask_for_changes(editor)
    approve(editor, mailbox)


def sign_up(page: Page, mailbox: Mailbox, email: str) -> None:
    page.goto("/sign-up")
    fill_in_sign_up(page, mailbox, email)


def fill_in_sign_up(page: Page, mailbox: Mailbox, email: str) -> None:
    seen = len(mailbox.received)
    page.get_by_label("Your name").fill(email.partition("@")[0])
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    mail = mailbox.wait_for(lambda m: email in m.recipients, after=seen)
    page.get_by_label("Code from the e-mail").fill(CODE.search(mail.text).group(1))
    page.get_by_role("button", name="Verify").click()


def make_team(page: Page) -> None:
    page.get_by_label("Name of the team").fill("River")
    page.get_by_label("Address").fill(SLUG)
    page.get_by_role("button", name="Make the team").click()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def invite(page: Page, mailbox: Mailbox) -> str:
    """The invitation's address, from the mail."""
    page.goto(f"/t/{SLUG}/people?tab=invitations")
    seen = len(mailbox.received)
    page.get_by_label("E-mail", exact=True).fill(EDITOR)
    page.get_by_label("Role", exact=True).select_option("editor")
    page.get_by_role("button", name="Send invitation").click()
    mail = mailbox.wait_for(lambda m: EDITOR in m.recipients and bool(INVITATION.search(m.text)), after=seen)
    return f"/invitations/{INVITATION.search(mail.text).group(1)}"


def join(page: Page, mailbox: Mailbox, invitation: str) -> None:
    page.goto(invitation)
    page.get_by_role("link", name="Sign up").click()
    fill_in_sign_up(page, mailbox, EDITOR)
    page.get_by_role("button", name="Join River").click()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def give_role(page: Page) -> None:
    page.goto(f"/t/{SLUG}/people?tab=roles")
    page.get_by_role("button", name="New role").first.click()
    page.get_by_label("Name", exact=True).fill("Editor")
    page.get_by_role("button", name="Make the role").click()
    holder = page.get_by_label("Add a member to Editor")
    holder.select_option(label=f"editor ({EDITOR})")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("list", name="Who holds Editor").get_by_text("editor", exact=True)).to_be_visible()


def prepared(url: str, mailbox: Mailbox) -> str:
    """What an admin sets up once, over the API: the mail server's credential and the published workflow."""
    admin = Person(url, ADMIN, PASSWORD)
    assert admin.sign_in()
    team = Team(url, SLUG, mailbox, {"admin": admin})
    add_mail_credential(team)
    return publish_newsletter(team, admin.get(f"{team.path}/roles/")["results"][0]["id"])


def start_run(page: Page, workflow: str) -> None:
    page.goto(f"/t/{SLUG}/workflows/{workflow}/run")
    page.get_by_label(re.compile("^Title of this run")).fill("River news")
    page.locator("input[type=file]").set_input_files([
        {"name": each["name"], "mimeType": "text/markdown", "buffer": each["text"].encode()} for each in DOCUMENTS])
    page.get_by_label(re.compile("^Recipients")).fill("\n".join(READERS))
    page.get_by_role("button", name="Start the run").click()
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}"))


def ask_for_changes(page: Page) -> None:
    expect(page.get_by_text("Revision 1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Request changes…").click()
    page.get_by_label("What should change?").fill(WORDS)
    page.get_by_role("button", name="Request changes", exact=True).click()
    page.get_by_role("link", name="Go to revision 2").click(timeout=60_000)
    expect(page.get_by_text("Revision 2", exact=True)).to_be_visible()
    expect(page.get_by_text(WORDS).first).to_be_visible()


def approve(page: Page, mailbox: Mailbox) -> None:
    draft = page.get_by_role("region", name="Draft")
    page.get_by_role("button", name="Raw text").click()
    page.get_by_label("What changed").select_option("As it is now")
    approved = draft.locator("pre").inner_text()
    seen = len(mailbox.received)
    page.get_by_role("button", name="Approve and send to 2 people").click()
    page.get_by_role("region", name="Your decision").get_by_role("button", name="Approve and send to 2 people").click()
    expect(page.get_by_text("Delivered", exact=True)).to_be_visible(timeout=60_000)
    sent = [mail for mail in mailbox.received[seen:] if READERS[0] in mail.recipients]
    assert [sorted(mail.recipients) for mail in sent] == [READERS]
    assert sent[0].text.replace("\r\n", "\n").strip() == plain_text(approved).strip()
