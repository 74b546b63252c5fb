"""Connections that are slow, or half gone, do not stay: uvicorn's own protocol waits for them without end.

A client has a while for its request's headers, and they are of some size at most; whoever reads nothing of what is
sent, or is gone without a word, is let go, and with it the task, the subscription and the memory of its stream.
(Slow bodies: `countersign.body_limit`; large headers that come in one piece: `countersign.header_limit`.)
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import resource
import socket
import sys
import termios
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from countersign.logs import get_logger

log = get_logger(__name__)

MOST_CONNECTIONS = 4096


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection. The times are in seconds."""

    HEADERS_WITHIN = 10.0
    MOST_HEADER_BYTES = 64 * 1024
    READS_NOTHING_FOR = 30.0

    headers_due: asyncio.TimerHandle | None = None
    reader_due: asyncio.TimerHandle | None = None
    header_bytes = 0
    unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        watch_peer(transport.get_extra_info("socket"), self.READS_NOTHING_FOR)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_headers()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.header_bytes += len(data)
        super().data_received(data)
        if self.headers_due and self.header_bytes > self.MOST_HEADER_BYTES:
            self._let_go("its headers are too large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        self._got_headers()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_whether_it_reads()

    def resume_writing(self) -> None:
        if self.reader_due:
            self.reader_due.cancel()
            self.reader_due = None
        super().resume_writing()

    def _expect_headers(self) -> None:
        self._got_headers()
        self.headers_due = self.loop.call_later(self.HEADERS_WITHIN, self._let_go, "its headers do not come")

    def _got_headers(self) -> None:
        self.header_bytes = 0
        if self.headers_due:
            self.headers_due.cancel()
            self.headers_due = None

    def _look_whether_it_reads(self) -> None:
        """Again and again while there is too much to be sent: a slow reader is waited for, one that stopped is not."""
        left = self.transport.get_write_buffer_size() + unacknowledged(self.transport.get_extra_info("socket"))
        if self.reader_due and left >= self.unread:
            self._let_go("it reads nothing")
            return
        self.unread = left
        self.reader_due = self.loop.call_later(self.READS_NOTHING_FOR, self._look_whether_it_reads)

    def _let_go(self, why: str) -> None:
        """Without waiting until what is left to be sent has been read: it would not be."""
        log.info("a connection is let go", why=why)
        self.transport.abort()


def unacknowledged(connection: socket.socket) -> int:
    """Bytes that the kernel keeps for the other side: it takes no more of ours for long, however much that reads."""
    try:
        return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0


def watch_peer(connection: socket.socket | None, seconds: float) -> None:
    """Let the kernel find out whether the other side is there: by what it acknowledges, or when asked now and then."""
    options: list[tuple[int, str, int]] = [
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1), (socket.IPPROTO_TCP, "TCP_KEEPIDLE", int(seconds)),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 10), (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", int(seconds * 1000))]
    for level, name, value in options:
        if connection is not None and hasattr(socket, name):
            with contextlib.suppress(OSError):  # a Unix socket has no such options, and needs none
                connection.setsockopt(level, getattr(socket, name), value)


def most_connections() -> int:
    """How many this process may serve at once, having asked for as many files as it may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // 2)


def serving_options() -> dict[str, Any]:
    """What uvicorn is told about connections."""
    return {"http": PatientProtocol, "ws": "none", "limit_concurrency": most_connections(), "timeout_keep_alive": 75}
