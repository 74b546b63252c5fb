"""`/preview`: a planned call shown by the tool that would make it, or what stands in its way. Nothing is sent."""

from __future__ import annotations

import pytest

from countersign.embedded.mailbox import Mailbox
from countersign.ids import new_id

LETTER = {"to": ["first@readers.example"], "subject": "News", "body": "# News\n\nSee [the notes](source:rain.md#L3)."}
REFERRING = {**LETTER, "body": {"$result": {"call": "publish", "path": ["sha256"]}}}


@pytest.fixture
def preview(start, tenant):
    """Its answer to one planned call; with a mail credential unless it is told otherwise."""

    def ask(tool: str = "email.send", arguments: dict | None = None, *, credential: bool = True, **changes) -> dict:
        with Mailbox() as mailbox:
            if credential:
                tenant.add_credential("mail", "smtp", {
                    "host": "127.0.0.1", "port": mailbox.port, "tls": "none", "from": "News <news@acme.example>"})
            running = start(tenant)
            tools = running.rpc("tools/list")["result"]["tools"]
            pinned = {each["name"]: each["_meta"]["countersign/schema_hash"] for each in tools}
            said = running.client.post("/preview", json={
                "tool": tool, "schema_hash": pinned.get(tool, ""), "arguments": arguments or LETTER,
                "run": str(new_id()), "idempotency_key": "request:send", **changes})
            assert mailbox.received == []
            return said.json()

    return ask


def test_an_email_is_shown_part_by_part(preview) -> None:
    said = preview()
    assert said["ok"]
    assert said["email"]["sender"] == "News <news@acme.example>"
    assert said["email"]["to"] == ["first@readers.example"]
    assert said["email"]["text"].split() == ["#", "News", "See", "the", "notes."]
    assert 'title="rain.md, line 3"' in said["email"]["html"]


@pytest.mark.parametrize(("asked", "code"), [
    ({"tool": "files.write", "arguments": {"name": "a.md", "content": "x"}}, "nothing_to_preview"),
    ({"tool": "no.such"}, "tool_unknown"),
    ({"schema_hash": "sha256:older"}, "tool_changed"),
    ({"arguments": REFERRING}, "depends_on_result"),
    ({"arguments": {**LETTER, "to": []}}, "invalid_arguments"),
    ({"credential": False}, "credential_missing"),
])
def test_what_stands_in_the_way_is_said(preview, asked, code) -> None:
    said = preview(**asked)
    assert (said["ok"], said["code"]) == (False, code)
    assert said["detail"]


def test_what_is_no_planned_call_is_refused(preview) -> None:
    assert preview(run="not-an-id")["error"]["code"] == "invalid_request"
