"""A client that asks again, with the same Idempotency-Key, as real ones do when the platform is away for a moment."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from countersign.demo.client import Person, Refused

T = TypeVar("T")

#: Longer than any part of the platform stays away.
SECONDS = 120
#: Said of what may pass. 409 only where the answer says so: the first request with this key is still being answered.
PASSING = (429, 500, 502, 503, 504)


class Patience:
    """`troubles` counts what came instead of an answer, by status or by the connection's failure."""

    def __init__(self) -> None:
        self.troubles: Counter[str] = Counter()
        self.over = threading.Event()

    def get(self, person: Person, path: str) -> Any:
        return self.ask(person, "GET", path)

    def post(self, person: Person, path: str, body: Any, *, key: str) -> Any:
        return self.ask(person, "POST", path, body, {"Idempotency-Key": key})

    def ask(self, person: Person, method: str, path: str, body: Any = None, headers: dict[str, str] = {}) -> Any:
        """The answer's JSON. Raises Refused for a no that will stay one, TimeoutError when nothing else comes."""
        deadline, pause = time.monotonic() + SECONDS, 0.1
        while time.monotonic() < deadline:
            try:
                answer = person.http.request(method, f"/api/v1/{path}", json=body, headers=headers)
            except httpx.TransportError as error:
                self.troubles[type(error).__name__] += 1
            else:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                if not _passes(answer):
                    raise Refused(answer)
                self.troubles[str(answer.status_code)] += 1
                pause = max(pause, min(float(answer.headers.get("Retry-After") or 0), 5))
            if self.over.wait(pause):
                break
            pause = min(pause * 2, 2)
        raise TimeoutError(f"{method} {path}: no answer")


def until_served(work: Callable[[], T]) -> T:
    """What `work` returns, once nothing in it is answered 503 any more. It must be safe to repeat."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return work()
        except Refused as refusal:
            if refusal.status != 503 or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def _passes(answer: httpx.Response) -> bool:
    return answer.status_code in PASSING or (answer.status_code == 409 and "idempotency_in_progress" in answer.text)
