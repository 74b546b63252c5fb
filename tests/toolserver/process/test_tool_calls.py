"""Tools over MCP, and the second check: a grant is verified here too, whatever the host has let through."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from countersign.canonical import content_hash
from countersign.clock import now
from countersign.embedded.mailbox import Mailbox
from countersign.grants import GrantClaims, sign_grant
from countersign.ids import new_id
from countersign.sealing import seal
from countersign.signing import SigningKey

ARGUMENTS = {"name": "newsletter.md", "content": "# News"}


@pytest.fixture
def process(start, tenant):
    return start(tenant)


@pytest.fixture
def schema_hashes(process) -> dict[str, str]:
    return hashes_of(process)


def hashes_of(process) -> dict[str, str]:
    tools = process.rpc("tools/list")["result"]["tools"]
    return {tool["name"]: tool["_meta"]["countersign/schema_hash"] for tool in tools}


@pytest.fixture
def granted(tenant, schema_hashes):
    """A call's `_meta` with a grant that covers it; `changes` make it one that does not."""
    def make(tool: str = "files.write", arguments: dict | None = None, key: SigningKey | None = None,
             call: str = "publish", **changes: Any) -> dict:
        claims = GrantClaims.model_validate({
            "id": new_id(), "tenant": tenant.id, "request": new_id(), "run": new_id(), "revision": 1, "call": call,
            "tool": tool, "schema_hash": schema_hashes[tool], "policy_hash": "sha256:x",
            "arguments_hash": content_hash(ARGUMENTS if arguments is None else arguments),
            "not_before": now() - timedelta(seconds=1), "expires": now() + timedelta(hours=1)} | changes)
        return {"countersign/run": str(claims.run), "countersign/grant": sign_grant(claims, key or tenant.signing),
                "countersign/idempotency_key": f"{claims.request}:{claims.call}"}

    return make


def call(process, meta: dict, tool: str = "files.write", arguments: dict | None = None) -> dict:
    said = process.rpc("tools/call", {"name": tool, "arguments": ARGUMENTS if arguments is None else arguments,
                                      "_meta": meta})
    return said["result"]


def outcome(result: dict) -> tuple[str, str | None]:
    return result["_meta"]["countersign/outcome"], result["_meta"].get("countersign/code")


def written(tenant) -> list[str]:
    return sorted(file.name for file in tenant.root.rglob("*") if file.is_file())


def test_tools_are_listed_with_their_hints_and_hashes(process) -> None:
    tools = {tool["name"]: tool for tool in process.rpc("tools/list")["result"]["tools"]}
    assert set(tools) == {"files.write", "email.send"}
    assert tools["files.write"]["annotations"]["idempotentHint"] is True
    assert tools["email.send"]["annotations"] == {"readOnlyHint": False, "destructiveHint": False,
                                                  "idempotentHint": False, "openWorldHint": True}
    assert all(tool["_meta"]["countersign/schema_hash"].startswith("sha256:") for tool in tools.values())
    assert tools["email.send"]["_meta"]["countersign/credential_kind"] == "smtp"


def test_a_granted_call_acts(process, tenant, granted) -> None:
    meta = granted()
    result = call(process, meta)
    assert outcome(result) == ("done", None)
    assert result["structuredContent"]["name"] == "newsletter.md"
    file = tenant.root / str(tenant.id) / meta["countersign/run"] / "newsletter.md"
    assert file.read_text() == "# News"


def test_repeating_an_idempotent_call_changes_nothing(process, tenant, granted) -> None:
    meta = granted()
    assert call(process, meta)["structuredContent"] == call(process, meta)["structuredContent"]
    assert written(tenant) == ["newsletter.md"]


@pytest.mark.parametrize(("changes", "code"), [
    ({"tenant": UUID(int=7)}, "grant_wrong_tenant"),
    ({"tool": "email.send"}, "grant_wrong_tool"),
    ({"schema_hash": "sha256:" + "0" * 64}, "grant_schema_changed"),
    ({"arguments_hash": "sha256:" + "0" * 64}, "grant_arguments_differ"),
    ({"not_before": now() + timedelta(hours=1), "expires": now() + timedelta(hours=2)}, "grant_not_yet_valid"),
    ({"expires": now() - timedelta(seconds=1)}, "grant_expired"),
])
def test_a_grant_that_does_not_cover_the_call_is_refused_here_too(process, tenant, granted, changes, code) -> None:
    result = call(process, granted(**changes))
    assert outcome(result) == ("not_done", code)
    assert result["isError"]
    assert written(tenant) == []


def test_no_grant_no_effect(process, tenant, granted) -> None:
    meta = granted()
    del meta["countersign/grant"]
    assert outcome(call(process, meta)) == ("not_done", "grant_required")
    assert outcome(call(process, {})) == ("not_done", "grant_wrong_run")
    assert written(tenant) == []


def test_a_grant_signed_by_anyone_else_is_forged(process, tenant, granted) -> None:
    assert outcome(call(process, granted(key=SigningKey.generate()))) == ("not_done", "grant_forged")
    assert written(tenant) == []


def test_an_altered_argument_is_refused(process, tenant, granted) -> None:
    altered = ARGUMENTS | {"content": "# Other news"}
    assert outcome(call(process, granted(), arguments=altered)) == ("not_done", "grant_arguments_differ")
    assert written(tenant) == []


def test_another_runs_name_is_refused(process, tenant, granted) -> None:
    meta = granted() | {"countersign/run": str(new_id())}
    assert outcome(call(process, meta)) == ("not_done", "grant_wrong_run")
    assert written(tenant) == []


def test_another_calls_idempotency_key_is_refused(process, tenant, granted) -> None:
    meta = granted() | {"countersign/idempotency_key": "another:call"}
    assert outcome(call(process, meta)) == ("not_done", "grant_wrong_call")
    assert written(tenant) == []


def test_results_are_filled_in_as_approved(process, tenant, granted) -> None:
    approved = {"name": "summary.md", "content": {"$result": {"call": "publish", "path": ["sha256"]}}}
    meta = granted(arguments=approved) | {"countersign/approved_arguments": approved,
                                          "countersign/results": {"publish": {"sha256": "abc"}}}
    result = call(process, meta, arguments={"name": "summary.md", "content": "abc"})
    assert outcome(result) == ("done", None)


@pytest.mark.parametrize("sent", [
    {"name": "summary.md", "content": "something else"}, {"name": "other.md", "content": "abc"},
    {"name": "summary.md", "content": {"$result": {"call": "publish", "path": ["sha256"]}}},
])
def test_a_substitution_that_is_not_the_results_is_refused(process, tenant, granted, sent) -> None:
    approved = {"name": "summary.md", "content": {"$result": {"call": "publish", "path": ["sha256"]}}}
    meta = granted(arguments=approved) | {"countersign/approved_arguments": approved,
                                          "countersign/results": {"publish": {"sha256": "abc"}}}
    assert outcome(call(process, meta, arguments=sent)) == ("not_done", "grant_arguments_differ")
    assert written(tenant) == []


def test_results_that_the_approved_arguments_never_named_are_refused(process, tenant, granted) -> None:
    meta = granted(arguments=ARGUMENTS) | {"countersign/approved_arguments": ARGUMENTS,
                                           "countersign/results": {"publish": {"content": "other"}}}
    sent = ARGUMENTS | {"content": "other"}
    assert outcome(call(process, meta, arguments=sent)) == ("not_done", "grant_arguments_differ")


@pytest.mark.parametrize("arguments", [{"name": "../up.md", "content": "x"}, {"name": "a.md"},
                                       {"name": "a.md", "content": 7}, {"name": "a.md", "content": "x", "mode": "a"}])
def test_arguments_that_do_not_fit_are_not_done_for_good(process, tenant, granted, arguments) -> None:
    result = call(process, granted(arguments=arguments), arguments=arguments)
    assert outcome(result) == ("not_done", "invalid_arguments")
    assert result["_meta"]["countersign/retryable"] is False
    assert written(tenant) == []


def test_an_unknown_tool_is_a_protocol_error(process) -> None:
    error = process.rpc("tools/call", {"name": "shell.run", "arguments": {}})["error"]
    assert error["data"] == {"code": "tool_unknown", "retryable": False}


def test_an_email_goes_out_by_the_tenants_own_credential(start, tenant) -> None:
    with Mailbox() as mailbox:
        tenant.add_credential("Our mail", "smtp", {"host": "127.0.0.1", "port": mailbox.port, "tls": "none",
                                                   "from": "Acme <news@acme.example>"})
        running = start(tenant)
        hashes = hashes_of(running)
        arguments = {"to": ["first@readers.example"], "subject": "News", "body": "# News"}
        claims = GrantClaims.model_validate({
            "id": new_id(), "tenant": tenant.id, "request": new_id(), "run": new_id(), "revision": 1, "call": "send",
            "tool": "email.send", "schema_hash": hashes["email.send"], "policy_hash": "sha256:x",
            "arguments_hash": content_hash(arguments), "not_before": now() - timedelta(seconds=1),
            "expires": now() + timedelta(hours=1)})
        meta = {"countersign/run": str(claims.run), "countersign/grant": sign_grant(claims, tenant.signing),
                "countersign/idempotency_key": f"{claims.request}:send"}
        result = call(running, meta, tool="email.send", arguments=arguments)
        assert outcome(result) == ("done", None)
        [message] = mailbox.received
        assert message.message_id == result["structuredContent"]["message_id"]
        assert running.client.post("/test", json={"credential": "Our mail"}).json()["ok"]
        assert len(mailbox.received) == 1, "trying a credential sends nothing"


def test_without_a_credential_an_email_is_not_done_until_there_is_one(process, granted) -> None:
    arguments = {"to": ["first@readers.example"], "subject": "News", "body": "# News"}
    result = call(process, granted("email.send", arguments, call="send"), "email.send", arguments)
    assert outcome(result) == ("not_done", "credential_missing")
    assert result["_meta"]["countersign/retryable"] is True


def test_a_box_sealed_for_another_tenant_does_not_open(start, tenant) -> None:
    credential = new_id()
    box = seal({"host": "127.0.0.1"}, public_key=bytes(tenant.private.public_key), tenant=new_id(),
               credential=credential, version=1)
    tenant.credentials.append({"id": str(credential), "name": "Theirs", "kind": "smtp", "version": 1,
                               "sealed": base64.b64encode(box).decode()})
    said = start(tenant).client.post("/test", json={"credential": "Theirs"}).json()
    assert (said["ok"], said["code"]) == (False, "credential_unreadable")
