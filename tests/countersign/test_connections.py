"""Slow clients, and clients that are half gone, over real sockets: others go on, and what they held is given back."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import threading
import time

import httpx
import pytest
import uvicorn

from countersign.body_limit import BodyLimit
from countersign.connections import PatientProtocol, most_connections, serving_options
from countersign.header_limit import HeaderLimit

MOST = 1000


class Impatient(PatientProtocol):
    HEADERS_WITHIN = 1.0
    READS_NOTHING_FOR = 0.5


class Server:
    """uvicorn with our protocol and body limit before a small application, in a thread of its own."""

    def __init__(self) -> None:
        self.streams = self.begun = 0
        options = {**serving_options(), "http": Impatient}
        limited = HeaderLimit(BodyLimit(self.application, MOST, pause=0.5, whole=1.5))
        self.uvicorn = uvicorn.Server(uvicorn.Config(limited, port=0, log_config=None, lifespan="off", **options))
        self.thread = threading.Thread(target=self.uvicorn.run, daemon=True)

    async def application(self, scope, receive, send):
        more = True
        while more:
            more = (await receive()).get("more_body", False)
        if scope["path"] == "/stream":
            await self.stream(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x" * 2**22 if scope["path"] == "/large" else b"here"})

    async def stream(self, receive, send):
        """Like Django's: it is ended by the news that the client has gone."""
        self.streams += 1
        self.begun += 1
        sending = asyncio.ensure_future(self.send_without_end(send))
        try:
            assert (await receive())["type"] == "http.disconnect"
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            self.streams -= 1

    async def send_without_end(self, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b": x\n\n" * 10_000, "more_body": True})
            await asyncio.sleep(0.001)

    @property
    def connections(self) -> int:
        return len(self.uvicorn.server_state.connections)

    @property
    def port(self) -> int:
        return self.uvicorn.servers[0].sockets[0].getsockname()[1]

    def connect(self, sent: bytes, buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(sent)
        return connection

    def get(self, path="/", **options):
        return httpx.request(options.pop("method", "GET"), f"http://127.0.0.1:{self.port}{path}", timeout=20, **options)


@pytest.fixture
def server():
    server = Server()
    server.thread.start()
    wait_until(lambda: server.uvicorn.started)
    yield server
    server.uvicorn.should_exit = server.uvicorn.force_exit = True
    server.thread.join(20)


def wait_until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(connection: socket.socket) -> bool:
    """Whether the server has let it go; waits for it."""
    with contextlib.suppress(ConnectionError):
        try:
            while connection.recv(2**16):
                pass
        except TimeoutError:  # what was left to be sent was given up without a word: whoever asks hears of it
            connection.sendall(b"?")
            connection.recv(1)
    return True


def test_five_hundred_that_never_finish_their_headers_hinder_nobody_and_are_let_go(server, monkeypatch):
    monkeypatch.setattr(Impatient, "HEADERS_WITHIN", 5.0)
    slow = [server.connect(b"GET / HTTP/1.1\r\nHost: a\r\n" if n % 2 else b"") for n in range(500)]
    wait_until(lambda: server.connections > 250)  # the first ones may be gone on a busy machine
    assert server.get().text == "here"
    wait_until(lambda: server.connections <= 1)
    assert all(ended(connection) for connection in slow)


def test_one_that_sends_a_header_now_and_then_is_let_go_too(server):
    connection = server.connect(b"GET / HTTP/1.1\r\n")

    def trickle():
        for n in range(100):
            connection.sendall(b"X-%d: 1\r\n" % n)
            time.sleep(0.1)

    with pytest.raises(ConnectionError):
        trickle()


def test_headers_without_end_are_not_kept(server):
    connection = server.connect(b"GET / HTTP/1.1\r\n")

    def flood():
        for n in range(10_000):
            connection.sendall(b"X-%d: %s\r\n" % (n, b"x" * 1000))

    with pytest.raises(ConnectionError):
        flood()


def test_headers_that_come_whole_in_one_piece_are_looked_at_too(server):
    refused = server.get(headers={"Cookie": "a=" + "b" * 10_000})
    assert (refused.status_code, refused.json()["code"]) == (431, "headers_too_large")


def test_an_upgrade_to_a_web_socket_is_answered_as_if_it_had_not_been_asked_for(server):
    """Django's handler takes HTTP alone, and fails at anything else."""
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version": "13"}
    assert server.get(headers=asked).text == "here"


def test_a_second_request_has_its_time_too(server):
    connection = server.connect(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"here" in connection.recv(2**16)
    time.sleep(1.2)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"here" in connection.recv(2**16), "resting between requests is allowed"
    connection.sendall(b"GET / HTTP/1.1\r\n")
    assert ended(connection)


@pytest.mark.parametrize("rest", [b"", b"trickle"])
def test_a_body_that_does_not_come_is_a_problem(server, rest):
    connection = server.connect(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nbegin")
    with contextlib.suppress(ConnectionError):
        for byte in rest * 10:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)
    answer = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(2**16):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408 ") or rest
    assert b'"code": "too_slow"' in answer or rest
    wait_until(lambda: server.connections == 0)


@pytest.mark.parametrize("how", ["sized", "chunked"])
def test_a_body_that_is_too_large_is_refused_with_the_limit_named(server, how):
    body = b"x" * 2**20
    content = body if how == "sized" else (body[n:n + 2**16] for n in range(0, len(body), 2**16))
    refused = server.get(method="POST", content=content)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert refused.json()["most_bytes"] == MOST


def test_a_stream_that_nobody_reads_is_ended_and_given_back(server):
    held = [server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", buffer=4096) for _ in range(20)]
    wait_until(lambda: server.begun == 20)
    wait_until(lambda: server.streams == 0)
    wait_until(lambda: server.connections == 0)
    assert server.get().text == "here"
    assert all(ended(connection) for connection in held)


def test_a_slow_reader_gets_all_of_a_large_answer(server):
    connection = server.connect(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", buffer=2**16)
    got = 0
    while part := connection.recv(2**16):
        got += len(part)
        time.sleep(0.02)
    assert got > 2**22


def test_a_client_that_closes_ends_its_stream(server):
    connection = server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: server.streams == 1)
    connection.close()
    wait_until(lambda: server.streams == 0)


def test_the_kernel_looks_whether_a_client_is_still_there(server):
    """One that is gone without a word acknowledges nothing: there is no other sign of it."""
    client = server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_until(lambda: server.streams == 1)
    [protocol] = server.uvicorn.server_state.connections
    connection = protocol.transport.get_extra_info("socket")
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 500
    client.close()


def test_there_are_files_enough_for_the_connections_that_are_let_in():
    assert most_connections() <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
