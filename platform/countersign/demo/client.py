"""The public API as an outside client uses it: sign-in by allauth's app client, then JSON over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from countersign.embedded.mailbox import Mailbox

CODE = re.compile(r"^\s*([A-Z0-9-]{4,12})\s*$", re.MULTILINE)


class Refused(Exception):
    """The API said no: `status`, and the problem's `code` and `detail`."""

    def __init__(self, response: httpx.Response) -> None:
        body = response.json() if "json" in response.headers.get("Content-Type", "") else {}
        self.status = response.status_code
        self.code = body.get("code", "")
        self.body = body
        said = body.get("detail") or response.text[:300]
        super().__init__(f"{response.request.method} {response.request.url.path}: {response.status_code} {said} "
                         f"{body.get('fields') or body.get('errors') or ''}")


class Person:
    """Somebody with a session at `url`. Several threads may act as the same person."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.email = email
        self.password = password
        self.http = httpx.Client(base_url=url, timeout=60)

    # -- sign-up and sign-in

    def sign_up(self, mailbox: Mailbox) -> None:
        """Make the account and prove the address with the code that arrives by e-mail."""
        seen = len(mailbox.received)
        answer = self._auth("signup", {"email": self.email, "password": self.password}, expect=401)
        self._hold(answer)
        mail = mailbox.wait_for(lambda m: self.email in m.recipients, after=seen)
        code = CODE.search(mail.text)
        if not code:
            raise RuntimeError(f"No code in the verification e-mail:\n{mail.text}")
        self._hold(self._auth("email/verify", {"key": code.group(1)}, expect=200))

    def sign_in(self) -> bool:
        """False when there is no such account yet."""
        answer = self.http.post("/_allauth/app/v1/auth/login", json={"email": self.email, "password": self.password})
        if answer.status_code == 400:
            return False
        if answer.status_code != 200:
            raise Refused(answer)
        self._hold(answer.json())
        return True

    def _auth(self, action: str, body: dict, *, expect: int) -> dict:
        answer = self.http.post(f"/_allauth/app/v1/auth/{action}", json=body)
        if answer.status_code != expect:
            raise Refused(answer)
        return answer.json()

    def _hold(self, answer: dict) -> None:
        if token := answer.get("meta", {}).get("session_token"):
            self.http.headers["X-Session-Token"] = token

    # -- API

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer's JSON. Raises Refused for any status from 400 on."""
        answer = self.http.request(method, f"/api/v1/{path}", json=body, headers=headers)
        if answer.status_code >= 400:
            raise Refused(answer)
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body if body is not None else {}, **headers)

    def all(self, path: str) -> Iterator[dict]:
        """Every row of a list, page after page."""
        page = self.get(path)
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = self.get(page["next"].split("/api/v1/", 1)[1])

    def wait(self, path: str, until: Callable[[Any], bool], *, seconds: float = 60, what: str = "") -> Any:
        """Ask again until the answer is the awaited one. Raises TimeoutError showing the last answer."""
        deadline = time.monotonic() + seconds
        answer = None
        while time.monotonic() < deadline:
            answer = self.get(path)
            if until(answer):
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"Waited {seconds:.0f} s for {what or path}. Last answer: {str(answer)[:1500]}")
