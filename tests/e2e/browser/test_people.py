"""A second person: invited, joined, given an approver role, and then named among those who may decide."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from countersign.demo.client import CODE, Person
from countersign.demo.team import INVITATION
from countersign.ids import new_id
from tests.e2e.browser.conftest import DESKTOP, PASSWORD, PHONE, Newsletter, assert_accessible


@pytest.fixture
def address() -> str:
    return f"colleague-{new_id().hex[-8:]}@acme.example"


def test_invited_joined_and_named_among_those_who_may_decide(open_browser, mailbox, newsletter: Newsletter, address):
    admin, seen = open_browser(newsletter.team.admin), len(mailbox.received)
    admin.goto("/t/acme/people?tab=invitations")
    admin.get_by_label("E-mail").fill(address)
    assert_accessible(admin)
    admin.get_by_label("Role", exact=True).select_option("viewer")
    admin.get_by_role("button", name="Send invitation").click()
    invited = admin.locator("main li").filter(has_text=address)
    expect(invited).to_contain_text("e-mail sent")
    expect(invited).to_contain_text("Open")

    mail = mailbox.wait_for(lambda m: address in m.recipients, after=seen)
    link, seen = INVITATION.search(mail.text)[0], len(mailbox.received)
    page = open_browser()
    page.goto(link)
    invites = f"{newsletter.team.admin.email} invites you to join Acme as viewer."
    expect(page.get_by_role("main")).to_contain_text(invites)
    assert_accessible(page)
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Your name").fill("New Colleague")
    expect(page.get_by_label("E-mail")).to_have_value(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Code from the e-mail").fill(CODE.search(mailbox.wait_for(
        lambda m: address in m.recipients and bool(CODE.search(m.text)), after=seen).text)[1])
    page.get_by_role("button", name="Verify").click()
    expect(page).to_have_url(re.compile(f"{link}$"))
    page.get_by_role("button", name="Join Acme").click()
    expect(page).to_have_url(re.compile("/t/acme/inbox$"))

    admin.goto("/t/acme/people?tab=roles")
    admin.get_by_role("button", name="Editor", exact=True).click()
    admin.get_by_label("Add a member to Editor").select_option(label=f"New Colleague ({address})")
    admin.get_by_role("button", name="Add", exact=True).click()
    expect(admin.get_by_role("list", name="Who holds Editor")).to_contain_text("New Colleague")
    admin.get_by_role("tab", name="Who may decide").click()
    panel = admin.get_by_role("heading", name="Newsletter").locator("xpath=ancestor::section")
    expect(panel.get_by_role("listitem").filter(has_text="New Colleague")).to_contain_text("Editor")

    admin.get_by_role("tab", name="Members").click()
    joined = admin.locator("main li").filter(has_text="New Colleague")
    joined.get_by_role("button", name="Remove").click()
    assert_accessible(admin)
    admin.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(joined).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()  # as for any foreign team
    page.goto(link)
    expect(page.get_by_role("heading", name="This invitation has been used")).to_be_visible()


def test_an_invitation_for_somebody_else_says_so(open_browser, mailbox, newsletter: Newsletter, address):
    team, seen = newsletter.team, len(mailbox.received)
    team.admin.post(f"{team.path}/invitations/", {"email": address, "role": "editor"})
    mail = mailbox.wait_for(lambda m: address in m.recipients, after=seen)
    page = open_browser(team.editor)
    page.goto(INVITATION.search(mail.text)[0])
    expect(page.get_by_role("main")).to_contain_text(f"This invitation is for {address}")
    expect(page.get_by_role("button", name="Join Acme")).to_have_count(0)
    page.get_by_role("button", name="Sign out and go on").click()
    expect(page.get_by_role("link", name="Sign up")).to_be_visible()


def test_rules_are_said_where_they_bite(open_browser, newsletter: Newsletter):
    admin = open_browser(newsletter.team.admin)
    admin.goto("/t/acme/people")
    me = admin.locator("main li").filter(has_text="admin@acme.example")
    expect(me).to_contain_text("The only owner. Make somebody else an owner first.")
    expect(me.get_by_role("button")).to_have_count(0)
    editor = open_browser(newsletter.team.editor)
    editor.goto("/t/acme/people")
    expect(editor.get_by_role("main")).to_contain_text("An admin or owner changes roles and removes members.")
    editor.get_by_role("tab", name="Invitations").click()
    expect(editor.get_by_role("heading", name="You may not see this")).to_be_visible()
    editor.goto("/t/acme/audit")
    expect(editor.get_by_role("main")).to_contain_text("The audit trail is for admins and owners")


def test_an_approver_role_is_made_renamed_and_deleted_but_not_while_needed(open_browser, newsletter: Newsletter):
    page, name = open_browser(newsletter.team.admin), f"Legal {new_id().hex[-6:]}"
    page.goto("/t/acme/people?tab=roles")
    page.get_by_role("button", name="New role").click()
    page.get_by_label("Name", exact=True).fill(name)
    assert_accessible(page)
    page.get_by_role("button", name="Make the role").click()
    row = page.locator("main li").filter(has_text=name)
    expect(row).to_contain_text("nobody holds it")
    row.get_by_role("button", name="Rename").click()
    page.get_by_label("What it stands for").fill("Reads the small print")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Reads the small print")
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("No published workflow asks for it.")
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)

    needed = page.locator("main li").filter(has=page.get_by_role("button", name="Editor", exact=True))
    needed.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Published versions ask for it: Newsletter.")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def test_a_token_is_shown_once_works_and_is_revoked(open_browser, newsletter: Newsletter, platform):
    page = open_browser(newsletter.team.editor)
    page.goto("/t/acme/settings")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name", exact=True).fill("nightly import")
    page.get_by_label("runs:read").check()
    assert_accessible(page)
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("Token", exact=True).inner_text()
    assert_accessible(page)
    page.get_by_role("button", name="I have copied it").click()
    row = page.locator("main li").filter(has_text="nightly import")
    expect(row).to_contain_text("acts as you")
    assert secret not in page.content()

    def status() -> int:
        client = Person(platform.url, "", "").http
        return client.get("/api/v1/tenants/acme/runs/", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert status() == 200
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("Revoked")
    assert status() == 401


def test_the_audit_trail_is_read_filtered_and_verified(open_browser, newsletter: Newsletter):
    page = open_browser(newsletter.team.admin)
    page.goto("/t/acme/audit")
    page.get_by_label("What happened").select_option(label="Versions")
    expect(page).to_have_url(re.compile("action=version"))
    entry = page.locator("main li").filter(has_text="published a version").first
    entry.click()
    expect(entry).to_contain_text("version.published")
    expect(page.locator("main li").filter(has_text="made the team")).to_have_count(0)
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_role("status").filter(has_text="The chain holds")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == "audit-acme.jsonl"


@pytest.mark.parametrize("path", [
    "people", "people?tab=invitations", "people?tab=roles", "people?tab=decide", "settings", "audit", "tools",
    "tools?tab=credentials", "tools?tab=tools"])
def test_the_pages_are_accessible(open_browser, newsletter: Newsletter, path):
    for viewport in (DESKTOP, PHONE):
        page = open_browser(newsletter.team.admin, viewport=viewport)
        page.goto(f"/t/acme/{path}")
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
