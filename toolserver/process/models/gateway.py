"""A model alias asked: its providers in order, whole or as it comes, under one deadline.

A provider that fails before it has said anything is followed by the next. One that breaks off in the middle of a
stream is not: half an answer is out already, so the caller hears of a transient failure and may ask again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import litellm

from countersign.errors import CountersignError
from countersign.logs import get_logger
from toolserver.process.config import ProviderConfig, TenantConfig
from toolserver.process.models.aliases import OFFLINE, find_alias, provider_name
from toolserver.process.models.costs import usage_of
from toolserver.process.models.errors import ModelError, translate
from toolserver.process.models.requests import ChatRequest, litellm_arguments, secret_of, timeout_of

log = get_logger(__name__)

DEADLINE = 600.0
LONGEST_WAIT = 10.0  # a Retry-After beyond this is the caller's to wait out


@dataclass
class Attempts:
    """The providers of one alias, and what came of asking them so far."""

    failures: list[tuple[ProviderConfig, ModelError]] = field(default_factory=list)

    def note(self, provider: ProviderConfig, error: ModelError) -> None:
        log.warning("model provider failed", model=provider.model, code=error.code, kind=error.kind)
        self.failures.append((provider, error))
        if error.kind == "policy":  # another provider is not to be asked until one agrees
            raise self.verdict()

    def verdict(self) -> ModelError:
        """Transient when any provider may recover: then asking again later can help."""
        error = next((e for _, e in self.failures if e.kind == "policy"), None) or next(
            (e for _, e in self.failures if e.retryable), self.failures[-1][1])
        error.data["attempts"] = self.listing()
        return error

    def listing(self) -> list[dict[str, str]]:
        return [{"model": provider.model, "code": error.code} for provider, error in self.failures]

    def wait(self) -> float | None:
        """Seconds after which every provider is worth a second round, or None when it is not ours to wait."""
        waits = [e.retry_after for _, e in self.failures if e.retryable and e.retry_after is not None]
        return min(waits) if waits and min(waits) <= LONGEST_WAIT else None


async def complete(config: TenantConfig, request: ChatRequest) -> dict[str, Any]:
    """The whole answer, OpenAI-shaped, with `provider`, `usage.cost` and `attempts`. Raises ModelError."""
    attempts = Attempts()
    async with _deadline():
        async for provider in _providers(config, request, attempts):
            try:
                secret = secret_of(config, provider)
                async with asyncio.timeout(timeout_of(provider)):
                    response = await litellm.acompletion(**litellm_arguments(request, provider, secret, stream=False))
            except Exception as error:
                attempts.note(provider, _translated(error, config, provider))
                continue
            return response.model_dump(mode="json", exclude_none=True) | _labels(provider, attempts) | {
                "usage": usage_of(response, provider)}
    raise attempts.verdict()


async def stream(config: TenantConfig, request: ChatRequest) -> AsyncIterator[dict[str, Any]]:
    """OpenAI's chunks as they come; the last holds `finish_reason` and `usage`. Raises ModelError."""
    attempts = Attempts()
    async with _deadline():
        async for provider in _providers(config, request, attempts):
            said = False
            try:
                async with aclosing(_stream_one(config, request, provider, attempts)) as chunks:
                    async for chunk in chunks:
                        said = True
                        yield chunk
                return
            except Exception as error:
                attempts.note(provider, _translated(error, config, provider))
                if said:
                    raise attempts.verdict() from error
    raise attempts.verdict()


async def _stream_one(config: TenantConfig, request: ChatRequest, provider: ProviderConfig,
                      attempts: Attempts) -> AsyncIterator[dict[str, Any]]:
    patience = timeout_of(provider)
    secret = secret_of(config, provider)
    async with asyncio.timeout(patience):
        answer = await litellm.acompletion(**litellm_arguments(request, provider, secret, stream=True))
    _spare_accounting(answer)
    try:
        while True:
            try:
                async with asyncio.timeout(patience):
                    chunk = await anext(answer)
            except StopAsyncIteration:
                break
            if delta := _delta(chunk):
                yield _chunk(chunk, provider, attempts, delta=delta)
        finish = answer.received_finish_reason or answer.intermittent_finish_reason
        if finish is None:  # litellm would call it "stop": the connection closed, but the model never said it was done
            raise ModelError(f"{provider.model} broke off in the middle of its answer.", code="model_stream_broken",
                             status=503, kind="transient")
        whole = litellm.stream_chunk_builder(answer.chunks, messages=request.messages)
        yield _chunk(whole, provider, attempts, delta={}, finish=finish) | {"usage": usage_of(whole, provider)}
    finally:
        await _close(answer)


async def _providers(config: TenantConfig, request: ChatRequest, attempts: Attempts) -> AsyncIterator[ProviderConfig]:
    """The alias's providers in order; once more from the first, if one said when it will have time, and soon."""
    providers = find_alias(config, request.model).providers
    for provider in providers:
        yield provider
    wait = attempts.wait()
    if wait is None:
        return
    await asyncio.sleep(wait)
    for provider in providers:
        yield provider


class _deadline(asyncio.Timeout):
    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop().time() + DEADLINE)


def _translated(error: Exception, config: TenantConfig, provider: ProviderConfig) -> ModelError:
    if isinstance(error, CountersignError) and not isinstance(error, ModelError):  # the credential does not open
        return ModelError(error.detail, code=error.code)
    try:
        secrets = (secret_of(config, provider),)
    except CountersignError:
        secrets = ()
    return translate(error, model=provider.model, secrets=secrets)


def _labels(provider: ProviderConfig, attempts: Attempts) -> dict[str, Any]:
    return {"model": provider.model, "provider": provider_name(provider.model),
            "offline": provider.model.startswith(OFFLINE), "attempts": attempts.listing()}


def _delta(chunk: Any) -> dict[str, Any]:
    """What this chunk adds: text, reasoning or tool calls. Empty for the bookkeeping at the ends."""
    if not chunk.choices:
        return {}
    delta = chunk.choices[0].delta.model_dump(mode="json", exclude_none=True)
    return {key: delta[key] for key in ("content", "reasoning_content", "tool_calls") if delta.get(key)}


def _chunk(source: Any, provider: ProviderConfig, attempts: Attempts, *, delta: dict[str, Any],
           finish: str | None = None) -> dict[str, Any]:
    return {"id": source.id, "object": "chat.completion.chunk", "created": source.created,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]} | _labels(provider, attempts)


def _spare_accounting(answer: litellm.CustomStreamWrapper) -> None:
    """When a stream is over, litellm puts the answer together twice and prices it for callbacks that nobody has set:
    a third of what a short answer costs. A litellm without this method would only be slower."""
    finish = getattr(answer, "_finalize_completed_stream", None)

    async def end(cache_hit: bool) -> Any:
        if answer.sent_last_chunk:
            raise StopAsyncIteration
        return await finish(cache_hit=cache_hit)

    if finish is not None:
        answer._finalize_completed_stream = end


async def _close(answer: Any) -> None:
    """Hang up on the provider: a caller that has gone pays for no more tokens."""
    source = getattr(answer, "completion_stream", None)
    for close in (getattr(answer, "aclose", None), getattr(source, "aclose", None), getattr(source, "close", None)):
        if close is None:
            continue
        try:
            result = close()
            if asyncio.iscoroutine(result):
                await result
            return
        except Exception:
            log.debug("closing a model's stream failed", exc_info=True)
