"""What is read, and what is not: one message with one meaning, or a typed refusal; the process lives on."""

import asyncio
import json

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
DEEP = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
UNREADABLE = {
    "no JSON": b"{",
    "nothing": b"",
    "invalid UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"ping\xff"}',
    "a key twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
    "a key twice, deep inside": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"files.write",'
                                b'"arguments":{"name":"a.md","name":"b.md"}}}',
    "not a number": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}',
    "infinity": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1e999}}',
    "a number of 5,000 digits": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + b"9" * 5000 + b"}}",
    "too deep for a parser": DEEP,
    "too deep": json.dumps({**PING, "params": {"x": json.loads("[" * 70 + "]" * 70)}}).encode(),
    "half a character": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\\ud800"}}',
    "a NUL": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x\\u0000":1}}',
}
NO_REQUEST = {
    "a batch": [PING, PING], "a word": "ping", "another version": {**PING, "jsonrpc": "1.0"},
    "no method": {"jsonrpc": "2.0", "id": 1}, "positional parameters": {**PING, "params": []},
    "no id": {"jsonrpc": "2.0", "method": "tools/call", "params": {}}, "a yes for an id": {**PING, "id": True},
    "a fraction for an id": {**PING, "id": 1.5}, "a response": {"jsonrpc": "2.0", "id": 1, "result": {}},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_in_one_way_is_refused(worker, name):
    answer = worker.post(UNREADABLE[name])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)
    assert answer.json()["error"]["data"] == {"code": "unreadable_message", "retryable": False}
    assert worker.ask("ping")["result"] is not None


def test_a_caller_that_dies_in_the_midst_of_a_request_is_no_failure_of_ours():
    from starlette.requests import Request

    from toolserver.host.errors import UnreadableMessage
    from toolserver.host.messages import read_body

    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict:
        return next(parts)

    with pytest.raises(UnreadableMessage, match="broke off"):
        asyncio.run(read_body(Request({"type": "http", "headers": []}, receive), 100))


@pytest.mark.parametrize("name", NO_REQUEST)
def test_what_is_no_single_request_is_refused(worker, name):
    answer = worker.post(json.dumps(NO_REQUEST[name]).encode())
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)


def test_what_is_too_large_is_refused(worker):
    assert worker.post(b" " * (12 * 1024 * 1024 + 1)).status_code == 413

    def unannounced():
        for _ in range(13):
            yield b" " * 1024 * 1024

    assert worker.post(unannounced()).json()["error"]["data"]["code"] == "too_large"
    assert worker.ask("ping")["result"] is not None


@pytest.mark.parametrize("method", ["resources/list", "prompts/get", "sampling/createMessage", "tools/calls", ""])
def test_other_methods_do_not_pass(worker, method):
    assert worker.ask(method)["error"]["code"] == -32601


def test_an_unknown_tool(worker):
    error = worker.call("files.delete", {}, {})["error"]
    assert error["data"] == {"code": "tool_unknown", "retryable": False}


@pytest.mark.parametrize("params", [{"name": 7}, {"name": "files.write", "arguments": []},
                                    {"name": "files.write", "_meta": "x"}, {}])
def test_a_call_that_is_none(worker, params):
    assert worker.ask("tools/call", params)["error"]["data"]["code"] == "bad_message"


def test_arguments_that_other_readers_would_take_for_others(worker, planned, team):
    approved = team.approve([planned()])
    arguments = {"name": "letter.md", "content": "Hello", "x": 2**53 + 1}
    answer = worker.call("files.write", arguments, approved.meta("publish"))
    assert answer["error"]["data"]["code"] == "bad_message"
    assert not team.entries()


def test_arguments_off_the_tools_schema_are_not_done_and_stay_so(team, worker, planned):
    """People may approve a call that the tool cannot take: it says why, and nothing happened."""
    arguments = {"name": "../../etc/passwd", "content": "x"}
    approved = team.approve([planned(arguments=arguments)])
    answer = worker.call("files.write", arguments, approved.meta("publish"))["result"]
    assert answer["isError"]
    assert answer["_meta"]["countersign/outcome"] == "not_done"
    assert not answer["_meta"]["countersign/retryable"]
    assert "name" in answer["content"][0]["text"]


def test_notifications_are_taken_and_forgotten(worker):
    assert worker.post(b'{"jsonrpc":"2.0","method":"notifications/initialized"}').status_code == 202


def test_tools_are_listed_with_what_an_approval_is_bound_to(worker):
    tools = {tool["name"]: tool for tool in worker.ask("tools/list")["result"]["tools"]}
    assert tools["files.write"]["_meta"]["countersign/schema_hash"].startswith("sha256:")
    assert tools["files.write"]["annotations"]["readOnlyHint"] is False


@pytest.mark.parametrize("mode", ["auto", "2026-07-28", "legacy"])
def test_the_official_client_talks_to_it(host, team, planned, mode):
    approved = team.approve([planned()])

    async def talk() -> None:
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {team.token}"}, timeout=30)
        url = f"{host.url}/t/{team.tenant.id}/mcp"
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            assert "files.write" in {tool.name for tool in (await client.list_tools()).tools}
            answer = await client.call_tool("files.write", {"name": "letter.md", "content": "Hello"},
                                            meta=approved.meta("publish"))
            assert answer.meta["countersign/outcome"] == "done"
            assert answer.structured_content["name"] == "letter.md"
            with pytest.raises(MCPError, match="needs a grant"):
                await client.call_tool("files.write", {"name": "b.md", "content": "x"},
                                       meta={"countersign/idempotency_key": "x"})

    asyncio.run(talk())
