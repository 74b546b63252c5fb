"""The public API as lean as the standard library can ask it: what is measured is not to be the client."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit


class Rest:
    """One kept connection, and a further one for a stream. For one thread."""

    def __init__(self, url: str, token: str) -> None:
        self.where = urlsplit(url).netloc
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._asking = http.client.HTTPConnection(self.where, timeout=60)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self._asking.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), self.headers)
        answer = self._asking.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:500]!r}")
        return json.loads(said)

    @contextmanager
    def events(self, path: str) -> Iterator[Iterator[dict[str, Any]]]:
        """The stored events of a stream of server-sent events, as they come."""
        listening = http.client.HTTPConnection(self.where, timeout=60)
        try:
            listening.request("GET", f"/api/v1/{path}", headers=self.headers | {"Accept": "text/event-stream"})
            answer = listening.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {answer.read()[:500]!r}")
            yield _events(answer)
        finally:
            listening.close()

    def let_go(self) -> None:
        """Before a pause: a server closes connections that nobody uses. The next question opens another."""
        self._asking.close()


def _events(answer: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    kind = ""
    for line in answer:
        if line.startswith(b"event: "):
            kind = line[7:].strip().decode()
        elif line.startswith(b"data: ") and kind != "delta":
            yield json.loads(line[6:])
