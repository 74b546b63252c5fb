"""The form that starts a run: what cannot be read is not sent, one form starts one run, nobody changes it meanwhile."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from countersign.demo.team import publish
from tests.e2e.browser.conftest import Newsletter, assert_accessible

INPUT = {"type": "object", "additionalProperties": False, "required": ["topic"], "properties": {
    "topic": {"type": "string", "title": "Topic", "maxLength": 100},
    "words": {"type": "integer", "title": "Words", "minimum": 10},
    "extra": {"type": "object", "title": "Extra"}}}
SPEC = {"name": "Note", "description": "A note.", "input": INPUT, "start": "draft", "nodes": [
    {"id": "draft", "type": "worker", "model": "offline-writer", "prompt": "{{ input.topic }}", "next": None}]}


@dataclass
class Note:
    """A published workflow that asks for a text, a number and whatever JSON object."""

    newsletter: Newsletter
    id: str

    @property
    def path(self) -> str:
        return f"{self.newsletter.team.path}/workflows/{self.id}"

    @property
    def page(self) -> str:
        return f"/t/{self.newsletter.slug}/workflows/{self.id}/run"

    def runs(self) -> list[dict]:
        return list(self.newsletter.team.admin.all(f"{self.newsletter.team.path}/runs/?workflow={self.id}"))


@pytest.fixture
def note(newsletter: Newsletter) -> Note:
    team = newsletter.team
    made = team.admin.post(f"{team.path}/workflows/", {"name": f"Note {uuid.uuid4().hex[:8]}", "spec": SPEC})
    publish(team, f"{team.path}/workflows/{made['id']}/versions/1/")
    return Note(newsletter, made["id"])


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the run").click()


def lose_answers(page: Page) -> list[str]:
    """Runs are started from here on, but the page never hears of it; the keys that it sent."""
    keys: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        return route.abort()

    page.route("**/api/v1/tenants/*/runs/", lose)
    return keys


def test_pressed_again_after_a_lost_answer_it_starts_one_run(open_browser, note):
    page = open_browser(note.newsletter.team.admin)
    page.goto(note.page)
    page.get_by_label("Topic").fill("Rain")
    keys = lose_answers(page)
    start(page)
    expect(page.get_by_role("alert")).to_contain_text("it is not known whether the run was started")
    page.unroute_all()
    start(page)
    page.wait_for_url("**/runs/*")
    [run] = note.runs()
    assert run["id"] in page.url
    assert len(keys) == 1


def test_a_form_that_was_changed_is_another_request(open_browser, note):
    page = open_browser(note.newsletter.team.admin)
    page.goto(note.page)
    page.get_by_label("Topic").fill("Rain")
    keys = lose_answers(page)
    start(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Title of this run").fill("Another one")
    start(page)
    expect(page.get_by_role("button", name="Start the run")).to_be_enabled()
    page.wait_for_timeout(100)
    assert len(set(keys)) == 2
    assert [run["title"] == "Another one" for run in note.runs()] == [True, False]


def test_what_cannot_be_read_is_not_sent(open_browser, note):
    page = open_browser(note.newsletter.team.admin)
    page.goto(note.page)
    sent: list[dict] = []
    page.on("request", lambda request: sent.append(json.loads(request.post_data)["input"])
            if request.method == "POST" and request.url.endswith("/runs/") else None)
    page.get_by_label("Topic").fill("Rain")
    extra, words = page.get_by_role("textbox", name="Extra"), page.get_by_label("Words")
    extra.fill('{"a": 1}')
    extra.fill('{"a": 1')
    words.press_sequentially("e")
    start(page)
    expect(page.get_by_text("This is not JSON:")).to_be_visible()
    expect(page.get_by_text("A number is needed here.")).to_be_visible()
    expect(extra).to_be_focused()
    assert_accessible(page)
    assert sent == []
    extra.fill('{"a": 2}')
    words.fill("12")
    start(page)
    page.wait_for_url("**/runs/*")
    assert sent == [{"topic": "Rain", "words": 12, "extra": {"a": 2}}]


def test_a_version_that_is_published_meanwhile_does_not_take_the_form(open_browser, note):
    admin = note.newsletter.team.admin
    page = open_browser(admin)
    page.goto(note.page)
    page.get_by_label("Topic").fill("Rain")
    title = {**INPUT["properties"], "topic": {**INPUT["properties"]["topic"], "title": "Subject"}}
    admin.post(f"{note.path}/versions/", {"spec": {**SPEC, "input": {**INPUT, "properties": title}}})
    publish(note.newsletter.team, f"{note.path}/versions/2/")
    page.wait_for_timeout(5_100)  # until what the page read counts as old
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    newer = page.get_by_role("status").filter(has_text="Version 2 was published meanwhile")
    expect(newer).to_be_visible()
    expect(page.get_by_label("Topic")).to_have_value("Rain")
    newer.get_by_role("button", name="Load version 2’s form").click()
    expect(page.get_by_label("Subject")).to_have_value("")


def test_a_filled_in_form_is_not_left_unasked(open_browser, note):
    page = open_browser(note.newsletter.team.admin)
    page.goto(note.page)
    page.get_by_label("Topic").fill("Rain")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_label("Topic")).to_have_value("Rain")
    assert asked == ["You have filled in a form that is not sent."]
