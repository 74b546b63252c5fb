"""A model key is added, an alias mapped to a provider on loopback, and tried: with a wrong key and the right one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from countersign.ids import new_id
from tests.e2e.browser.conftest import Newsletter, assert_accessible

KEY = "sk-the-right-one"


class OpenAi(BaseHTTPRequestHandler):
    """As much of OpenAI's protocol as a trial needs; it knows one key."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] == f"Bearer {KEY}":
            message = {"role": "assistant", "content": "ready"}
            self._answer(200, {
                "id": "c", "object": "chat.completion", "created": 1, "model": asked["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}})
        else:
            self._answer(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key",
                                         "type": "invalid_request_error"}})

    def _answer(self, status: int, body: dict) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenAi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def add_key(page: Page, name: str, key: str) -> None:
    page.goto("/t/acme/tools?tab=credentials")
    page.get_by_role("button", name="New credential").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("list", name="Credentials").get_by_role("listitem").filter(has_text=name)).to_contain_text(
        "never used")
    assert key not in page.content()


def test_a_wrong_key_shows_the_refusal_and_the_right_one_answers(open_browser, newsletter: Newsletter, provider):
    page, name = open_browser(newsletter.team.admin), f"house-{new_id().hex[-6:]}"
    add_key(page, name, "sk-a-wrong-one")
    page.get_by_role("tab", name="Models").click()
    page.get_by_role("button", name="New alias").click()
    page.get_by_label("Alias", exact=True).fill(name)
    page.get_by_label("Model", exact=True).fill("gpt-test")
    page.get_by_label("Credential", exact=True).select_option(name)
    page.get_by_label("Address", exact=True).fill(provider)
    page.get_by_role("button", name="Make the alias").click()
    expect(page.get_by_role("alert")).to_contain_text("the provider, then its model")
    assert_accessible(page)
    page.get_by_label("Model", exact=True).fill("openai/gpt-test")
    page.get_by_role("button", name="Make the alias").click()

    row = page.get_by_role("list", name="Model aliases").locator("> li").filter(has_text=name)
    row.get_by_role("button", name="Test").click()
    expect(row.get_by_role("alert")).to_contain_text("refused")
    expect(row.get_by_role("alert")).to_contain_text("key")

    page.get_by_role("tab", name="Credentials").click()
    kept = page.get_by_role("list", name="Credentials").get_by_role("listitem").filter(has_text=name)
    kept.get_by_role("button", name="Rotate").click()
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    expect(kept).to_contain_text("version 2")
    kept.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"These aliases use it: {name}.")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_contain_text(name)
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("tab", name="Models").click()
    row.get_by_role("button", name="Test").click()
    expect(row.get_by_role("status")).to_contain_text("Answered in")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_of_two_who_change_an_alias_at_once_one_is_told(open_browser, newsletter: Newsletter, provider):
    admin, name = newsletter.team.admin, f"shared-{new_id().hex[-6:]}"
    path = f"{newsletter.team.path}/models/"
    admin.post(path, {"alias": name, "providers": [{"model": "openai/first", "api_base": provider}]})
    page = open_browser(admin)
    page.goto("/t/acme/tools")
    row = page.get_by_role("list", name="Model aliases").locator("> li").filter(has_text=name)
    row.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("openai/first")
    assert_accessible(page)
    admin.call("PUT", f"{path}{name}/", {"providers": [{"model": "openai/theirs", "api_base": provider}]})
    page.get_by_label("Model", exact=True).fill("openai/mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody changed it meanwhile.")
    page.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("openai/theirs")
    page.get_by_label("Model", exact=True).fill("openai/mine")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("openai/mine")
    admin.call("DELETE", f"{path}{name}/")


def test_the_offline_models_answer_without_a_key(open_browser, newsletter: Newsletter):
    page = open_browser(newsletter.team.admin)
    page.goto("/t/acme/tools")
    row = page.get_by_role("list", name="Model aliases").locator("> li").filter(has_text="offline-writer")
    expect(row).to_contain_text("offline")
    row.get_by_role("button", name="Test").click()
    expect(row.get_by_role("status")).to_contain_text("Answered in")


def test_who_may_not_change_them_is_told_why(open_browser, newsletter: Newsletter):
    page = open_browser(newsletter.team.editor)
    page.goto("/t/acme/tools?tab=credentials")
    expect(page.get_by_role("main")).to_contain_text("An admin or owner changes models and credentials.")
    expect(page.get_by_role("button", name="New credential")).to_have_count(0)
    page.get_by_role("tab", name="Tools").click()
    sends = page.locator("main li").filter(has_text="email.send")
    expect(sends).to_contain_text("asks approval")
