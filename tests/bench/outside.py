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
        for name, protocol in (("smtp", lambda: Smtp(self.mails)), ("model", Model), ("slow", SlowModel)):
            server = await loop.create_server(protocol, "127.0.0.1", 0)
            self.ports[name] = server.sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()

    def answer(self, what: str) -> dict[str, Any]:
        match what:
            case "ports":
                return {"ports": self.ports}
            case "end":
                SlowModel.may_end.set()
            case "writing":
                return {"writing": SlowModel.writing}
        return {"mails": self.mails}


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
            self.answer(VERDICT_ANSWER if asked.get("response_format") else DRAFT_ANSWER)

    def answer(self, answer: bytes) -> None:
        self.transport.write(answer)


class SlowModel(Model):
    """Takes ten seconds over a draft, which it writes piece by piece, and ends none before it may: a busy machine needs
    its time until many are being written at once. `writing` counts those."""

    SECONDS = 10.0
    PIECES = 20
    writing = 0
    may_end = threading.Event()

    def answer(self, answer: bytes) -> None:
        if answer is VERDICT_ANSWER:
            self.transport.write(answer)
            return
        SlowModel.writing += 1
        frames = _frames(DRAFT, self.PIECES)
        self.transport.write(_head(frames))
        asyncio.get_running_loop().create_task(self._write(frames))

    async def _write(self, frames: list[bytes]) -> None:
        for frame in frames[:-2]:
            await asyncio.sleep(self.SECONDS / self.PIECES)
            self.transport.write(frame)
        while not self.may_end.is_set():
            await asyncio.sleep(0.1)
        self.transport.write(b"".join(frames[-2:]))
        SlowModel.writing -= 1


def _frames(text: str, pieces: int = 1) -> list[bytes]:
    """The answer's events: the text in so many pieces, its end, what it cost."""
    def frame(choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: " + json.dumps({"id": "instant", "object": "chat.completion.chunk", "created": 0,
                                       "model": "gpt-4.1", "choices": choices, **more}).encode() + b"\n\n"

    size = -(-len(text) // pieces)
    usage = {"prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100}
    return [*(frame([{"index": 0, "delta": {"role": "assistant", "content": text[start:start + size]},
                      "finish_reason": None}]) for start in range(0, len(text), size)),
            frame([{"index": 0, "delta": {}, "finish_reason": "stop"}]),
            frame([], usage=usage) + b"data: [DONE]\n\n"]


def _head(frames: list[bytes]) -> bytes:
    length = sum(map(len, frames))
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % length


def _answer(text: str) -> bytes:
    frames = _frames(text)
    return _head(frames) + b"".join(frames)


DRAFT_ANSWER, VERDICT_ANSWER = _answer(DRAFT), _answer(VERDICT)


def main() -> None:
    answer: Callable[..., dict[str, Any]] = Outside().answer
    serve(answer)


if __name__ == "__main__":
    main()
