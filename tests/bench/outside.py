"""The outside world of a bench, a process of its own: a mail server and a model that answer at once.

Both are protocols on a bare event loop, so that next to nothing of what is measured is theirs. They note when a message
was taken, on the clock that all processes share (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.bench.children import serve
from tests.bench.newsletter import DRAFT, VERDICT

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Outside:
    """`mails` are the times at which a message was taken, in the order of coming."""

    def __init__(self) -> None:
        self.mails: list[float] = []
        self.ports: dict[str, int] = {}
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for name, protocol in (("smtp", lambda: Smtp(self.mails)), ("model", Model)):
            server = await loop.create_server(protocol, "127.0.0.1", 0)
            self.ports[name] = server.sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()

    def answer(self, what: str) -> dict[str, Any]:
        return {"ports": self.ports} if what == "ports" else {"mails": self.mails}


class _Lines(asyncio.Protocol):
    def __init__(self) -> None:
        self.coming = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport


class Smtp(_Lines):
    """RFC 5321 as far as a client that makes no mistake can tell."""

    ANSWERS = {b"EHLO": b"250-bench\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", b"DATA": b"354 Go on\r\n",
               b"QUIT": b"221 Bye\r\n"}

    def __init__(self, mails: list[float]) -> None:
        super().__init__()
        self.mails = mails
        self.in_message = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        transport.write(b"220 bench\r\n")

    def data_received(self, data: bytes) -> None:
        self.coming += data
        end = b"\r\n.\r\n" if self.in_message else b"\r\n"
        while end in self.coming:
            said, self.coming = self.coming.split(end, 1)
            if self.in_message:
                self.mails.append(time.monotonic())
            verb = b"" if self.in_message else said[:4].upper()
            self.in_message = verb == b"DATA"
            end = b"\r\n.\r\n" if self.in_message else b"\r\n"
            self.transport.write(self.ANSWERS.get(verb, b"250 OK\r\n"))


class Model(_Lines):
    """OpenAI's chat completions, streamed: the newsletter's draft, or the verdict where a JSON answer is asked for."""

    def data_received(self, data: bytes) -> None:
        self.coming += data
        while (head_end := self.coming.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.coming[:head_end])
            end = head_end + 4 + (int(length[1]) if length else 0)
            if len(self.coming) < end:
                return
            asked, self.coming = json.loads(self.coming[head_end + 4:end]), self.coming[end:]
            self.transport.write(VERDICT_ANSWER if asked.get("response_format") else DRAFT_ANSWER)


def _answer(text: str) -> bytes:
    def chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: " + json.dumps({"id": "instant", "object": "chat.completion.chunk", "created": 0,
                                       "model": "instant", "choices": choices, **more}).encode() + b"\n\n"

    usage = {"prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100}
    body = (chunk([{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}])
            + chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
            + chunk([], usage=usage) + b"data: [DONE]\n\n")
    return (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(body)) + body


DRAFT_ANSWER, VERDICT_ANSWER = _answer(DRAFT), _answer(VERDICT)


def main() -> None:
    answer: Callable[..., dict[str, Any]] = Outside().answer
    serve(answer)


if __name__ == "__main__":
    main()
