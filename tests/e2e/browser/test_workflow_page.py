"""A workflow in the browser: its spec checked as one types, saved over nobody's work, published; who may do what."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from countersign.demo.team import member_ids
from tests.e2e.browser.conftest import PHONE, Newsletter, assert_accessible


@dataclass
class Draft:
    """A workflow with a first draft that has no fault."""

    id: str
    name: str
    page: str
    path: str


@pytest.fixture
def draft(newsletter: Newsletter) -> Draft:
    team, name = newsletter.team, f"Letter {uuid.uuid4().hex[:8]}"
    made = team.admin.post(f"{team.path}/workflows/", {"gallery": "newsletter", "name": name})
    path = f"{team.path}/workflows/{made['id']}"
    [role] = [role["id"] for role in team.admin.all(f"{team.path}/roles/") if role["name"] == "Editor"]
    team.admin.call("PUT", f"{path}/permissions/", {"role": role, "actions": ["view", "decide"]})
    return Draft(made["id"], name, f"/t/{newsletter.slug}/workflows/{made['id']}", path)


def editor(page: Page, number: int = 1):
    return page.get_by_role("textbox", name=f"Spec of version {number}, YAML")


def findings(page: Page):
    return page.get_by_role("region", name="What checking found")


def test_a_fault_is_shown_at_its_line_then_the_draft_is_saved_and_published(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    expect(findings(page)).to_contain_text("No faults. It can be published.")
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.type("\nsurprise: 1")
    fault = findings(page).get_by_role("button", name="Line 2 `surprise` is not a key that is known here.")
    expect(fault).to_be_visible()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    fault.click()
    expect(editor(page)).to_be_focused()

    page.keyboard.press("Shift+End")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type(" two")
    expect(findings(page)).to_contain_text("No faults. It can be published.")
    expect(page.get_by_role("button", name="Publish…")).to_be_disabled()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft 1 saved.").first).to_be_visible()
    saved = newsletter.team.admin.get(f"{draft.path}/versions/1/")["spec"]
    assert saved["name"] == "Newsletter two"

    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Checked: no faults, no warnings.")
    assert_accessible(page)
    page.get_by_label("Notes").fill("A name of its own")
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("v1 published")).to_be_visible()
    expect(page.get_by_text("What was published never changes. Make a new draft to change it.")).to_be_visible()
    assert newsletter.team.admin.get(f"{draft.path}/versions/1/")["notes"] == "A name of its own"
    page.get_by_role("button", name="Edit as a new draft").click()
    expect(editor(page, 2)).to_be_visible()


def saved_by_somebody(newsletter: Newsletter, draft: Draft, name: str) -> None:
    spec = newsletter.team.admin.get(f"{draft.path}/versions/1/")["spec"]
    newsletter.team.admin.call("PATCH", f"{draft.path}/versions/1/", {"spec": {**spec, "name": name}})


@pytest.mark.parametrize("when", ["before it is checked", "after it was checked"])
def test_what_was_never_on_screen_is_not_published(newsletter, open_browser, draft, when):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    expect(findings(page)).to_contain_text("No faults.")
    if when == "before it is checked":
        saved_by_somebody(newsletter, draft, "Theirs")
    page.get_by_role("button", name="Publish…").click()
    if when == "after it was checked":
        expect(page.get_by_role("dialog")).to_contain_text("Checked: no faults, no warnings.")
        saved_by_somebody(newsletter, draft, "Theirs")
        page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_role("dialog")).to_contain_text("Somebody changed this draft since you saw it")
    expect(page.get_by_role("button", name="Publish version 1")).to_be_disabled()
    assert newsletter.team.admin.get(f"{draft.path}/versions/1/")["status"] == "draft"
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Take theirs").click()
    expect(editor(page)).to_contain_text("name: Theirs")
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("v1 published")).to_be_visible()


def test_an_editor_opened_again_begins_with_what_is_there_now(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    expect(editor(page)).to_contain_text("name: Newsletter")
    page.get_by_role("tab", name="Permissions").click()
    saved_by_somebody(newsletter, draft, "Theirs")
    page.get_by_role("tab", name="Spec").click()
    expect(editor(page)).to_contain_text("name: Theirs")


def test_a_draft_of_somebody_elses_does_not_take_the_editor(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.type(" mine")
    spec = newsletter.team.admin.get(f"{draft.path}/versions/1/")["spec"]
    newsletter.team.admin.post(f"{draft.path}/versions/", {"spec": spec})
    page.wait_for_timeout(5_100)  # until what the page read counts as old
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_label("Version", exact=True).get_by_role("option")).to_have_count(2)
    expect(editor(page)).to_contain_text("name: Newsletter mine")


def test_saved_again_after_a_lost_answer_it_is_nobody_elses(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.type(" mine")
    page.route("**/versions/1/", lambda route: (
        (route.fetch(), route.abort()) if route.request.method == "PATCH" else route.continue_()))
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("alert")).to_contain_text("it is not known whether this was done")
    page.unroute_all()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    expect(page.get_by_text("Somebody saved this draft")).to_have_count(0)


def test_an_empty_text_is_a_fault(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    expect(findings(page)).to_contain_text("No faults.")
    editor(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(findings(page)).to_contain_text("A spec is an object with `name`, `start` and `nodes`.")


def test_text_that_is_no_yaml_is_marked_where_it_breaks(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    expect(findings(page)).to_contain_text("No faults.")
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("name: [\n")
    expect(findings(page).get_by_role("button").first).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    expect(findings(page)).to_contain_text("No faults.")


def test_unsaved_text_is_not_left_behind_unasked(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.type(" kept")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(editor(page)).to_contain_text("name: Newsletter kept")
    assert asked == ["You have changes that are not saved."] * 2


def test_two_who_save_at_once_lose_nothing(newsletter, open_browser, draft):
    ours, theirs = open_browser(newsletter.team.admin), open_browser(newsletter.team.admin)
    for page, word in ((ours, " ours"), (theirs, " theirs")):
        page.goto(draft.page)
        editor(page).click()
        page.keyboard.press("Control+Home")
        page.keyboard.press("End")
        page.keyboard.type(word)
    theirs.get_by_role("button", name="Save draft").click()
    expect(theirs.get_by_text("Draft 1 saved.").first).to_be_visible()
    ours.get_by_role("button", name="Save draft").click()
    expect(ours.get_by_text("Somebody saved this draft while you were editing it")).to_be_visible()
    expect(editor(ours)).to_contain_text("name: Newsletter ours")
    ours.get_by_role("button", name="Show both").click()
    expect(ours.get_by_role("textbox", name="Theirs beside yours").first).to_contain_text("Newsletter theirs")
    stands = newsletter.team.admin.get(f"{draft.path}/versions/1/")["spec"]["name"]
    assert stands == "Newsletter theirs", "nothing of theirs is overwritten unasked"
    assert_accessible(ours)
    ours.get_by_role("button", name="Save mine over theirs").click()
    expect(ours.get_by_text("Draft 1 saved.").first).to_be_visible()
    assert newsletter.team.admin.get(f"{draft.path}/versions/1/")["spec"]["name"] == "Newsletter ours"


def test_who_may_not_edit_reads(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.editor)
    page.goto(draft.page)
    expect(page.get_by_text("You may read this, not edit it.")).to_be_visible()
    expect(editor(page)).to_have_attribute("aria-readonly", "true")
    for name in ("Save draft", "Publish…", "Edit as a new draft", "More for this workflow"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("tab", name="Permissions").click()
    expect(page.get_by_text("Only administrators change these.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Decide: Editor")).to_be_disabled()


def test_versions_are_compared_and_retired(newsletter, open_browser, draft):
    admin = newsletter.team.admin
    spec = admin.get(f"{draft.path}/versions/1/")["spec"]
    admin.post(f"{draft.path}/versions/1/publish/")
    admin.post(f"{draft.path}/versions/", {"spec": {**spec, "name": "Changed"}, "notes": "A better name"})
    page = open_browser(admin)
    page.goto(f"{draft.page}?tab=versions")
    expect(page.get_by_role("row").filter(has_text="A better name")).to_contain_text("Draft")
    page.get_by_role("row").filter(has_text="A better name").get_by_role("button", name="View", exact=True).click()
    page.get_by_role("button", name="Compare").click()
    differences = page.get_by_role("textbox", name="Differences between version 1 and version 2")
    expect(differences.last).to_contain_text("Changed")
    page.get_by_role("button", name="More for version 1").click()
    page.get_by_role("menuitem", name="Retire…").click()
    page.get_by_role("button", name="Retire", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="v1")).to_contain_text("Retired")


def test_rights_are_given_and_who_may_decide_is_named(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(f"{draft.page}?tab=permissions")
    expect(page.get_by_role("region", name="Editor’s members")).to_contain_text("editor@acme.example")
    viewer = member_ids(newsletter.team)["viewer@acme.example"]
    page.get_by_label("Give rights to").select_option(viewer)
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has_text="viewer@acme.example")
    expect(row.get_by_role("checkbox", name="See:")).to_be_checked()
    expect(row.get_by_role("checkbox", name="Decide:")).to_be_disabled()
    sees = page.get_by_role("checkbox", name="See: Editor")
    expect(sees).to_be_checked()
    expect(sees).to_be_disabled()  # whoever may decide sees it
    page.get_by_role("checkbox", name="Decide: Editor").click()
    expect(page.get_by_text("Nobody may decide yet.")).to_be_visible()
    expect(sees).to_be_checked()
    expect(sees).to_be_enabled()


def test_whoever_may_decide_is_shown_to_see(newsletter, open_browser, draft):
    team = newsletter.team
    [role] = [role["id"] for role in team.admin.all(f"{team.path}/roles/") if role["name"] == "Editor"]
    team.admin.call("PUT", f"{draft.path}/permissions/", {"role": role, "actions": ["decide"]})
    page = open_browser(team.admin)
    page.goto(f"{draft.page}?tab=permissions")
    expect(page.get_by_role("checkbox", name="See: Editor")).to_be_checked()
    page.goto(f"/t/{newsletter.slug}/people?tab=decide")
    row = page.get_by_role("region", name=f"Rights on {draft.name}").get_by_role("row").filter(has_text="Editor")
    expect(row.get_by_role("cell").nth(1)).to_have_text("yes")


def test_it_is_renamed_archived_and_brought_back(newsletter, open_browser, draft):
    page = open_browser(newsletter.team.admin)
    page.goto(draft.page)
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Rename…").click()
    page.get_by_role("textbox", name="Name").fill(f"{draft.name} renamed")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("heading", name=f"{draft.name} renamed", level=1)).to_be_visible()
    page.get_by_role("button", name="More for this workflow").click()
    page.get_by_role("menuitem", name="Archive…").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("This workflow is archived: it starts no runs.")).to_be_visible()
    page.goto(f"/t/{newsletter.slug}/workflows?archived=1")
    expect(page.get_by_role("link", name=f"{draft.name} renamed")).to_be_visible()


def test_one_is_made_from_the_gallery_and_one_from_blank(newsletter, open_browser):
    page = open_browser(newsletter.team.admin)
    page.goto(f"/t/{newsletter.slug}/workflows")
    page.get_by_role("button", name="Use this: Newsletter").click()
    expect(findings(page)).to_be_visible()
    page.goto(f"/t/{newsletter.slug}/workflows")
    page.get_by_role("button", name="New from blank").click()
    page.get_by_role("textbox", name="Name").fill("newsletter")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("This team has a workflow of that name already.")).to_be_visible()
    page.get_by_role("textbox", name="Name").fill(f"Blank {uuid.uuid4().hex[:8]}")
    page.get_by_role("button", name="Make it").click()
    expect(findings(page)).to_contain_text("1 warning")  # nobody may decide on it yet


def test_a_name_that_is_taken_unseen_is_passed_over(newsletter, open_browser):
    page = open_browser(newsletter.team.admin)
    page.route(f"**/api/v1/tenants/{newsletter.slug}/workflows/", lambda route: (
        route.fulfill(json={"next": None, "previous": None, "results": []})
        if route.request.method == "GET" else route.continue_()))
    page.goto(f"/t/{newsletter.slug}/workflows")
    page.get_by_role("button", name="Use this: Newsletter").click()
    expect(findings(page)).to_be_visible()


def test_a_gallery_that_fails_says_so(newsletter, open_browser):
    page = open_browser(newsletter.team.admin)
    page.route("**/api/v1/gallery/", lambda route: route.fulfill(status=422, json={"detail": "The shelf fell."}))
    page.goto(f"/t/{newsletter.slug}/workflows")
    expect(page.get_by_text("The shelf fell.")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Use this: Newsletter")).to_be_visible()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_all_of_it_is_accessible(newsletter, open_browser, draft, viewport):
    page = open_browser(newsletter.team.admin, **({"viewport": viewport} if viewport else {}))
    for address, shown in [
            (f"/t/{newsletter.slug}/workflows", draft.name), (draft.page, "No faults."),
            (f"{draft.page}?tab=versions&view=1", "New draft from it"),
            (f"{draft.page}?tab=permissions", "Who may decide")]:
        page.goto(address)
        expect(page.get_by_text(shown).first).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
