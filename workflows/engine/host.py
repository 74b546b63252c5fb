"""The toolserver host as a run sees it: models over HTTP, tools over MCP, the lease token as proof of who calls."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
from django.conf import settings

from countersign.errors import CountersignError
from workflows.engine.lease import Lease, StaleLease
from workflows.engine.mcp_client import CallFailed, call_tool
from workflows.engine.slots import waiting

#: Seconds of silence after which a model counts as gone.
MODEL_SILENCE = 180.0


class HostFailed(CountersignError):
    """The host, or what stands behind it, did not answer as asked. `error_class` is transient, permanent or policy."""

    code = "host_failed"
    status = 502

    def __init__(self, detail: str, *, code: str, error_class: str) -> None:
        super().__init__(detail, code=code)
        self.error_class = error_class
        self.retryable = error_class == "transient"


@dataclass
class Answer:
    """A model's answer. Costs are USD."""

    text: str = ""
    provider: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class ToolOutcome:
    """`outcome` is done, not_done or unknown; `entry` names the ledger's entry when the host wrote one."""

    outcome: str
    result: Any = None
    entry: str = ""
    code: str = ""
    detail: str = ""
    retryable: bool = False


@cache
def http_client() -> httpx.Client:
    """One for the process: connections are kept. How many there are is the dispatcher's to say: one a turn."""
    return httpx.Client(timeout=10, limits=httpx.Limits(max_connections=None, max_keepalive_connections=32))


@dataclass
class Host:
    """The host for as long as one lease is held."""

    lease: Lease
    url: str = field(default_factory=lambda: settings.TOOLSERVER_URL)

    @property
    def _base(self) -> str:
        return f"{self.url}/t/{self.lease.tenant}"

    def complete(self, *, model: str, messages: list[dict[str, str]], response_format: dict | None = None,
                 silence: float = MODEL_SILENCE, on_text: Callable[[str], None] = lambda _: None) -> Answer:
        """A model's answer, streamed: `on_text` gets each piece. Raises HostFailed, StaleLease."""
        body = {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        if response_format:
            body["response_format"] = response_format
        answer = Answer()
        pieces: list[str] = []
        with waiting(), self._answering(), http_client().stream(
                "POST", f"{self._base}/v1/chat/completions", json=body,
                headers={"Authorization": f"Bearer {self.lease.token}"},
                timeout=httpx.Timeout(10, read=silence)) as response:
            self._refuse_errors(response)
            for chunk in _chunks(response):
                self.lease.check()
                text = _absorb(chunk, answer)
                if text:
                    pieces.append(text)
                    on_text(text)
        answer.text = "".join(pieces)
        return answer

    def call(self, tool: str, arguments: dict[str, Any], *, grant: str | None, key: str) -> ToolOutcome:
        """Call a tool: the host answers a repeated key with the recorded outcome. Raises HostFailed, StaleLease."""
        self.lease.check()
        meta = {"countersign/idempotency_key": key} | ({"countersign/grant": grant} if grant else {})
        try:
            with waiting():
                result = call_tool(f"{self._base}/mcp", self.lease.token, tool, arguments, meta)
        except CallFailed as failure:
            raise self._failure(failure) from failure
        told = result.meta or {}
        content = result.structured_content
        outcome = told.get("countersign/outcome") or ("not_done" if result.is_error else "done")
        said = content if isinstance(content, dict) else {}
        text = next((block.text for block in result.content if block.type == "text"), "")
        return ToolOutcome(outcome=outcome, result=None if result.is_error else content,
                           entry=str(told.get("countersign/ledger_entry") or ""),
                           code=str(told.get("countersign/code") or said.get("code") or ""),
                           detail=str(said.get("detail") or text)[:2000] if result.is_error else "",
                           retryable=bool(told.get("countersign/retryable")))

    def _failure(self, failure: CallFailed) -> CountersignError:
        if failure.status == 401:
            return StaleLease()
        data = failure.data if isinstance(failure.data, dict) else {}
        if data.get("code"):
            error_class = "transient" if data.get("retryable") else "policy"
            return HostFailed(failure.message, code=str(data["code"]), error_class=error_class)
        if failure.status and failure.status < 500 and failure.status != 429:
            return HostFailed(failure.message, code=f"host_{failure.status}", error_class="permanent")
        return HostFailed(failure.message or "The tool server did not answer.", code="host_unreachable",
                          error_class="transient")

    def _refuse_errors(self, response: httpx.Response) -> None:
        if response.status_code < 400:
            return
        if response.status_code == 401:
            raise StaleLease
        response.read()
        try:
            error = response.json()["error"]
        except (ValueError, KeyError, TypeError):
            error = {}
        raise _model_failure(error, response.status_code)

    @staticmethod
    @contextmanager
    def _answering() -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise HostFailed(f"The tool server did not answer ({type(error).__name__}).", code="host_unreachable",
                             error_class="transient") from error


def _model_failure(error: dict[str, Any], status: int) -> HostFailed:
    passing = bool(error.get("retryable", status >= 500 or status == 429))
    return HostFailed(str(error.get("message") or f"The model endpoint answered {status}.")[:2000],
                      code=str(error.get("code") or f"host_{status}"),
                      error_class=str(error.get("class") or ("transient" if passing else "permanent")))


def _chunks(response: httpx.Response) -> Iterator[dict[str, Any]]:
    lines = response.iter_lines()
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            with suppress(httpx.HTTPError):  # the answer is whole; to its end, so that the connection is kept
                deque(lines, maxlen=0)
            return
        chunk = json.loads(data)
        if chunk.get("error"):
            raise _model_failure(chunk["error"], 500)
        yield chunk
    raise HostFailed("The model's answer broke off.", code="answer_cut_short", error_class="transient")


def _absorb(chunk: dict[str, Any], answer: Answer) -> str:
    """Take usage and provider from a chunk; returns its text. NUL characters cannot be stored, and mean nothing."""
    if usage := chunk.get("usage"):
        answer.tokens_in = int(usage.get("prompt_tokens") or 0)
        answer.tokens_out = int(usage.get("completion_tokens") or 0)
        answer.cost = Decimal(str(usage.get("cost") or 0))
    answer.provider = str(chunk.get("provider") or answer.provider)
    choices = chunk.get("choices") or [{}]
    return ((choices[0].get("delta") or {}).get("content") or "").replace("\x00", "")
