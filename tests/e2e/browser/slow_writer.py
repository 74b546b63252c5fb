"""A model provider on loopback that writes as slowly as its test says: one piece for each time it is let go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class SlowWriter:
    pieces: list[str]
    url: str = ""
    may_go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def go_on(self, pieces: int = 1) -> None:
        self.may_go_on.release(pieces)


@contextmanager
def slow_writer(*pieces: str) -> Iterator[SlowWriter]:
    writer = SlowWriter(list(pieces))

    class Provider(BaseHTTPRequestHandler):
        """The streaming half of OpenAI's chat completions."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for piece in writer.pieces:
                writer.may_go_on.acquire(timeout=60)
                self._say({"delta": {"role": "assistant", "content": piece}, "finish_reason": None})
            self._say({"delta": {}, "finish_reason": "stop"},
                      usage={"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12})
            self.wfile.write(b"data: [DONE]\n\n")

        def _say(self, choice: dict, **more: object) -> None:
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "slow",
                     "choices": [{"index": 0, **choice}], **more}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        writer.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield writer
        finally:
            writer.go_on(1000)
            server.shutdown()
