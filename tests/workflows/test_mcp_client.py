"""The worker's MCP client: kept from call to call, one call at a time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from workflows.engine import mcp_client
from workflows.engine.mcp_client import CallFailed, call_tool


class Host(BaseHTTPRequestHandler):
    """Answers a call with the token that it came with; `die` is cut off, while `wait` waits for that."""

    protocol_version = "HTTP/1.1"
    cut_off = threading.Event()

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tool = message["params"]["name"]
        if tool == "die":
            self.close_connection = True
            return
        if tool == "wait":
            self.cut_off.wait(10)
        result = {"content": [], "structuredContent": {"token": self.headers["authorization"]}, "isError": False,
                  "resultType": "complete"}
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Host.cut_off.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()


def token_of(url: str, token: str, tool: str = "tell") -> str:
    return call_tool(url, token, tool, {}, {}).structured_content["token"]


def kept(url: str) -> list:
    return [client for client in mcp_client._idle if client.url == url]


def test_a_client_is_kept_and_each_call_carries_its_own_token(url):
    assert token_of(url, "first") == "Bearer first"
    [client] = kept(url)
    assert token_of(url, "second") == "Bearer second"
    assert kept(url) == [client]


def test_a_call_that_breaks_off_takes_no_other_along_and_its_client_is_not_kept(url):
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(token_of, url, "patient", "wait")
        with pytest.raises(CallFailed) as failed:
            token_of(url, "unlucky", "die")
        Host.cut_off.set()
        assert waiting.result(10) == "Bearer patient"
    assert failed.value.status == 0
    assert len(kept(url)) == 1
    assert token_of(url, "next") == "Bearer next"


def test_no_more_clients_are_kept_than_a_few(url, monkeypatch):
    monkeypatch.setattr(mcp_client, "MOST_IDLE", 2)
    for number in range(5):
        token_of(f"{url}?{number}", "some")
    assert len(mcp_client._idle) <= 2


def test_threads_that_ask_first_at_once_share_one_loop(monkeypatch):
    """A client that is kept for another loop would never hear its answer."""
    make = mcp_client.uvloop.new_event_loop

    def slowly():
        time.sleep(0.1)
        return make()

    mcp_client._started.cache_clear()
    mcp_client._idle.clear()
    monkeypatch.setattr(mcp_client.uvloop, "new_event_loop", slowly)
    with ThreadPoolExecutor(4) as several:
        loops = list(several.map(lambda _: mcp_client._loop(), range(4)))
    assert len(set(loops)) == 1
