"""A run in the browser: started from its form, followed as it goes on, cancelled; what it did, and who sees it."""

from __future__ import annotations

import contextlib
import re

import pytest
from playwright.sync_api import Page, expect

from countersign.demo.team import start_newsletter
from tests.e2e.browser.conftest import PHONE, Newsletter, assert_accessible
from tests.e2e.browser.gates import decide
from tests.e2e.browser.slow_writer import SlowWriter, slow_writer

NOTES = "# Notes\n\n## Release 2.0\n\n- The exporter writes sums (breaking).\n- Logins are counted per address.\n"
DOCUMENTS = [{"name": "notes.md", "text": NOTES}]


@pytest.fixture
def waiting(newsletter: Newsletter) -> str:
    """A run that waits for people."""
    run = start_newsletter(newsletter.team, newsletter.workflow, DOCUMENTS, ["reader@acme.example"])
    newsletter.team.editor.wait(f"{newsletter.team.path}/runs/{run}/", lambda run: run["status"] == "waiting")
    return run


def steps(page: Page):
    return page.get_by_role("list", name="The workflow's steps, in order")


def test_from_the_form_to_the_gate_and_cancelled(newsletter, open_browser):
    page = open_browser(newsletter.team.editor)
    page.goto(f"/t/{newsletter.slug}/workflows")
    page.get_by_role("link", name="Run Newsletter", exact=True).click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("At least 1 entry.")).to_have_count(2)
    expect(page.get_by_role("button", name="choose files")).to_be_focused()

    page.locator("input[type=file]").set_input_files(
        [{"name": "notes.md", "mimeType": "text/markdown", "buffer": NOTES.encode()},
         {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG\0\xff"}])
    expect(page.get_by_role("list", name="Documents chosen").get_by_text("notes.md")).to_be_visible()
    expect(page.get_by_text("photo.png is not text (UTF-8), so it was left out.")).to_be_visible()
    page.get_by_label("Recipients").fill("reader@acme.example, nobody")
    page.get_by_label("Longest length, in words").fill("7")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("Line 2: “nobody” is not an e-mail address.")).to_be_visible()
    expect(page.get_by_text("At least 100.")).to_be_visible()

    page.get_by_label("Recipients").fill("reader@acme.example")
    page.get_by_label("Longest length, in words").fill("300")
    page.get_by_label("Title of this run").fill("From the form")
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))
    expect(page.get_by_role("heading", name="From the form", level=1)).to_be_visible()
    expect(page.get_by_text("Waits for people to decide on revision 1")).to_be_visible()
    expect(steps(page).get_by_role("listitem").filter(has_text="Editor's approval").first).to_contain_text(
        "Waiting for people")
    expect(steps(page).get_by_role("listitem").filter(has_text="E-mail it to the list").last).to_contain_text("Not yet")
    expect(page.get_by_role("link", name="Open the approval")).to_be_visible()

    page.get_by_role("button", name="Cancel run…").click()
    page.get_by_label("Reason").fill("Only a trial")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled. What was approved and not yet done was withdrawn.")).to_be_visible()
    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_role("row").last).to_contain_text("Cancelled")


def test_what_the_platform_finds_wrong_stands_at_its_field(newsletter, open_browser):
    page = open_browser(newsletter.team.editor)
    page.goto(f"/t/{newsletter.slug}/workflows/{newsletter.workflow}/run")
    page.get_by_role("button", name="Write or paste one").click()
    page.get_by_label("Name", exact=True).fill("a.md")
    page.get_by_label("Text", exact=True).fill("One line.")
    page.get_by_label("Recipients").fill("reader@acme..example")  # a browser's look passes this, the platform does not
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("Line 1: This is not a valid email.")).to_be_visible()
    expect(page.get_by_label("Recipients")).to_be_focused()


def test_an_open_page_follows_the_run_to_its_end(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.admin)
    page.goto(f"/t/{newsletter.slug}/runs/{waiting}")
    expect(page.get_by_text("Waits for people to decide on revision 1")).to_be_visible()
    editor, path = newsletter.team.editor, newsletter.team.path
    request = editor.get(f"{path}/runs/{waiting}/")["request"]
    shown = editor.get(f"{path}/approvals/{request}/")
    editor.post(f"{path}/approvals/{request}/decisions/", {
        "verdict": "approve", "comment": "Good to go.", "revision": shown["revision"], "plan_hash": shown["plan_hash"]})

    expect(page.get_by_text("Completed. Nothing is left to do.")).to_be_visible()
    expect(page.get_by_text("Good to go.")).to_be_visible()
    expect(page.get_by_role("heading", name="email.send")).to_be_visible()
    page.get_by_role("button", name="Preview newsletter.md").click()
    expect(page.get_by_role("region", name="newsletter.md")).to_contain_text("## ")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download newsletter.md").click()
    assert download.value.suggested_filename == "newsletter.md"
    page.get_by_role("tab", name="Evidence").click()
    expect(page.get_by_role("row").filter(has_text="email.send")).to_contain_text("Used")
    page.get_by_role("tab", name="Input and limits").click()
    page.get_by_text("notes.md").click()
    expect(page.get_by_role("region", name="notes.md")).to_contain_text("The exporter writes sums")


def test_a_source_opens_and_a_draft_that_is_read_stays(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.admin)
    page.goto(f"/t/{newsletter.slug}/runs/{waiting}")
    page.get_by_role("button", name=re.compile("notes.md, line 5")).first.click()
    passage = page.get_by_role("dialog", name="notes.md, line 5")
    expect(passage.locator("[aria-current]")).to_contain_text("The exporter writes sums (breaking).")
    page.keyboard.press("Escape")

    team = newsletter.team
    shown = team.editor.get(f"{team.path}/approvals/{team.editor.get(f'{team.path}/runs/{waiting}/')['request']}/")
    decide(team, team.editor, shown, "request_changes", "Please make it shorter.")
    expect(page.get_by_text("Waits for people to decide on revision 2")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Revision", exact=True)).to_have_value("0")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_label("Revision", exact=True)).to_have_value("1")


def test_a_page_out_of_sight_holds_no_stream_and_picks_it_up_again(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.admin)
    asked: list[str] = []
    read: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "/events/stream/" in sent.url else None)
    page.on("request", lambda sent: read.append(sent.url) if sent.url.endswith(f"/runs/{waiting}/") else None)
    with page.expect_request(lambda _: len(read) > 1):  # the run is read again: its events have come
        page.goto(f"/t/{newsletter.slug}/runs/{waiting}")
    expect(page.get_by_text("Waits for people to decide on revision 1")).to_be_visible()
    look = "seen => { Object.defineProperty(document, 'visibilityState', {value: seen, configurable: true}); " \
           "document.dispatchEvent(new Event('visibilitychange')) }"
    with page.expect_event("requestfailed", lambda broken: "/events/stream/" in broken.url):
        page.evaluate(look, "hidden")
    assert [re.search(r"after=(\d+)", url)[1] for url in asked] == ["0"]
    with page.expect_request(re.compile(r"/events/stream/\?after=[1-9]")):
        page.evaluate(look, "visible")


def test_the_lists_header_stays_when_it_scrolls(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.admin, viewport={"width": 1280, "height": 240})
    page.goto(f"/t/{newsletter.slug}/runs")
    runs = page.get_by_role("region", name="Runs, newest first")
    head, first = runs.get_by_role("columnheader", name="Run", exact=True), runs.get_by_role("row").nth(1)
    before = head.bounding_box()["y"] - runs.bounding_box()["y"]
    runs.evaluate("box => { box.scrollTop = 60 }")
    assert runs.evaluate("box => box.scrollTop") > 0
    assert head.bounding_box()["y"] - runs.bounding_box()["y"] == before
    assert first.bounding_box()["y"] < head.bounding_box()["y"]


def test_text_is_shown_while_it_is_written(newsletter, open_browser):
    with slow_writer("# Slow news\n\n", "The first words. ", "The last words.") as writer:
        run = slow_run(newsletter, writer, "draft")
        page = open_browser(newsletter.team.admin)
        page.goto(f"/t/{newsletter.slug}/runs/{run}")
        expect(page.get_by_text("Running").first).to_be_visible()
        text = page.get_by_role("region", name="Text being written")
        writer.go_on()  # a step's beginning is stored with its first words
        expect(text).to_contain_text("Slow news")
        expect(steps(page)).to_contain_text("Running")
        writer.go_on()
        expect(text).to_contain_text("The first words.")
        expect(text).not_to_contain_text("The last words.")
        writer.go_on()
        expect(page.get_by_text("Completed. Nothing is left to do.")).to_be_visible()
        expect(page.get_by_role("heading", name="Slow news")).to_be_visible()
        expect(steps(page)).to_contain_text("7 + 5 tokens")


def test_what_is_written_meanwhile_takes_the_place_of_nothing_unasked(newsletter, open_browser):
    with slow_writer("# Slow news\n\n", "The first words. ", "The last words.") as writer:
        run = slow_run(newsletter, writer, "once", "again")
        page = open_browser(newsletter.team.admin)
        page.goto(f"/t/{newsletter.slug}/runs/{run}")
        writer.go_on(3)
        expect(page.get_by_role("heading", name="Slow news")).to_be_visible()
        being_written = page.get_by_role("status").filter(has_text="again · being written")
        writer.go_on()
        with contextlib.suppress(AssertionError):
            expect(being_written).to_be_visible(timeout=10_000)
        if not being_written.is_visible():  # live text may be missed: the next piece comes with what is stored by then
            writer.go_on()
        expect(being_written).to_be_visible()
        expect(page.get_by_role("heading", name="Slow news")).to_be_visible()
        page.get_by_role("button", name="Show it").click()
        expect(page.get_by_role("region", name="Text being written")).to_contain_text("Slow news")
        writer.go_on(2)
        expect(page.get_by_text("Completed. Nothing is left to do.")).to_be_visible()
        expect(page.get_by_label("Revision", exact=True)).to_have_value("1")


def slow_run(newsletter: Newsletter, writer: SlowWriter, *nodes: str) -> str:
    """A run whose nodes write one after another, each as slowly as `writer`."""
    team, alias = newsletter.team, f"slow-{nodes[0]}"
    team.admin.post(f"{team.path}/credentials/", {"name": alias, "kind": "model_key", "secret": {"api_key": "k"}})
    team.admin.post(f"{team.path}/models/", {"alias": alias, "providers": [
        {"model": "openai/slow", "credential": alias, "api_base": writer.url}]})
    made = team.admin.post(f"{team.path}/workflows/", {"spec": {
        "name": f"Slowly written: {nodes[0]}", "start": nodes[0], "nodes": [
            {"id": node, "type": "worker", "model": alias, "prompt": "Write.", "next": following}
            for node, following in zip(nodes, [*nodes[1:], None], strict=True)]}})
    team.admin.post(f"{team.path}/workflows/{made['id']}/versions/1/publish/")
    return team.admin.post(f"{team.path}/runs/", {"workflow": made["id"], "title": "Slowly", "input": {}})["id"]


def test_a_lost_connection_is_told_and_picked_up_again(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.editor)
    lost: list[str] = []
    page.route("**/events/stream/**", lambda route: (lost.append("x"), route.abort()) if len(lost) < 2
               else route.continue_())
    page.goto(f"/t/{newsletter.slug}/runs/{waiting}")
    expect(page.get_by_text("The connection was lost.")).to_be_visible()
    expect(page.get_by_text("Connected again.")).to_be_visible()
    expect(page.get_by_text("The connection was lost.")).to_be_hidden()


def test_the_list_filters_in_its_address_and_a_viewer_changes_nothing(newsletter, open_browser, waiting):
    page = open_browser(newsletter.team.people["viewer"])
    page.goto(f"/t/{newsletter.slug}/runs?status=waiting")
    runs = page.get_by_role("region", name="Runs, newest first")
    expect(runs.get_by_role("row").nth(1)).to_contain_text("Waiting for people")
    page.get_by_label("Status").select_option("failed")
    expect(page).to_have_url(re.compile("status=failed"))
    expect(page.get_by_text("No run matches these filters")).to_be_visible()
    page.goto(f"/t/{newsletter.slug}/runs/{waiting}")
    expect(page.get_by_text("Waits for people to decide on revision 1")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run…")).to_have_count(0)


def test_a_run_that_is_not_there_is_gone(newsletter, open_browser):
    page = open_browser(newsletter.team.admin)
    page.goto(f"/t/{newsletter.slug}/runs/01a1fe25-34f9-7422-be2c-accc97b48124")
    expect(page.get_by_text("There is nothing here")).to_be_visible()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_all_of_it_is_accessible(newsletter, open_browser, waiting, viewport):
    page = open_browser(newsletter.team.editor, **({"viewport": viewport} if viewport else {}))
    run = f"/t/{newsletter.slug}/runs/{waiting}"
    for address, shown in [
            (f"/t/{newsletter.slug}/runs", "What is new this month"), (run, "Editor's approval"),
            (f"{run}?tab=input", "Limits and use"), (f"{run}?tab=evidence", "Grants"),
            (f"{run}?tab=events", "Approval asked for"),
            (f"/t/{newsletter.slug}/workflows/{newsletter.workflow}/run", "Recipients")]:
        page.goto(address)
        expect(page.get_by_text(shown).locator("visible=true").first).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
