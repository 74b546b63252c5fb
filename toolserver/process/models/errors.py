"""What can go wrong with a model, sorted by what a caller can do about it, and never quoting a key."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

import httpx
import litellm
from litellm import exceptions as provider_errors

from countersign.errors import CountersignError

Kind = Literal["transient", "permanent", "policy"]
MAX_QUOTE = 300
PREFIX = re.compile(r"^(?:litellm\.\w+: )+(?:\w+(?:Error|Exception) - )?")
KEY_LIKE = re.compile(r"(?i)\b(?:sk|pk|rk|key|gsk|xai)[-_][\w*.-]{6,}|bearer\s+\S+|(?<=key=)[^\s&\"']+|[\w-]{32,}")


class ModelError(CountersignError):
    """`kind` is the class that run events and retries go by; `retry_after` is in seconds, when the provider said it."""

    code = "model_failed"
    status = 502
    detail = "The model's provider failed in a way nobody foresaw."
    kind: Kind = "permanent"

    def __init__(self, detail: str | None = None, *, code: str | None = None, status: int | None = None,
                 kind: Kind = "permanent", retry_after: float | None = None, **data: Any) -> None:
        super().__init__(detail, code=code, **data)
        self.kind = kind
        self.retryable = kind == "transient"
        self.retry_after = retry_after
        self.status = status or type(self).status

    def body(self) -> dict[str, Any]:
        wait = {"retry_after": self.retry_after} if self.retry_after is not None else {}
        return {"error": {"code": self.code, "message": self.detail, "retryable": self.retryable, "class": self.kind,
                          **self.data, **wait}}


class AliasUnknown(ModelError):
    code = "model_alias_unknown"
    status = 404
    detail = "The team has no model alias of this name."


class RequestUnreadable(ModelError):
    code = "invalid_request"
    status = 400
    detail = "The request is not a chat completion that can be read."


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A provider's words, cut short, without `secrets` or anything that looks like a key."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "[key]")
    text = KEY_LIKE.sub("[key]", PREFIX.sub("", " ".join(text.split())))
    return text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE] + "…"


def translate(error: BaseException, *, model: str, secrets: tuple[str, ...] = ()) -> ModelError:
    """The ModelError for whatever litellm, httpx or a deadline raised while asking `model`."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, provider_errors.MidStreamFallbackError) and error.original_exception is not None:
        return translate(error.original_exception, model=model, secrets=secrets)
    quote = scrub(str(getattr(error, "message", "") or error), secrets)
    for kinds, build in _RULES:
        if isinstance(error, kinds):
            return build(error, model, quote)
    status = getattr(error, "status_code", None)
    if isinstance(error, litellm.exceptions.APIError | httpx.TransportError) and (not status or status >= 500):
        return _unavailable(error, model, quote)
    return ModelError(f"{model} failed: {quote}")


def _timeout(error: BaseException, model: str, quote: str) -> ModelError:
    return ModelError(f"{model} did not answer in time.", code="model_timeout", status=504, kind="transient")


def _rate_limited(error: BaseException, model: str, quote: str) -> ModelError:
    if _said_code(error) == "insufficient_quota":
        return ModelError(f"The account behind {model} has used up its quota.", code="model_quota_used_up")
    return ModelError(f"{model} asks for fewer requests just now.", code="model_rate_limited", status=429,
                      kind="transient", retry_after=_retry_after(error))


def _credential(error: BaseException, model: str, quote: str) -> ModelError:
    # The provider's own words often hold part of the key.
    return ModelError(f"{model} refused the credential. Enter a valid key for it.", code="model_credential_refused")


def _missing(error: BaseException, model: str, quote: str) -> ModelError:
    return ModelError(f"The provider does not know {model}.", code="model_unknown_to_provider")


def _too_long(error: BaseException, model: str, quote: str) -> ModelError:
    return ModelError(f"The prompt is longer than {model} can read.", code="model_context_exceeded", status=422)


def _policy(error: BaseException, model: str, quote: str) -> ModelError:
    return ModelError(f"{model} declined on policy grounds: {quote}", code="model_declined", status=422, kind="policy")


def _bad_request(error: BaseException, model: str, quote: str) -> ModelError:
    if _said_code(error) in ("content_policy_violation", "content_filter"):
        return _policy(error, model, quote)
    return ModelError(f"{model} refused the request: {quote}", code="model_refused_request", status=422)


def _unavailable(error: BaseException, model: str, quote: str) -> ModelError:
    return ModelError(f"{model} does not answer properly just now.", code="model_unavailable", status=503,
                      kind="transient", retry_after=_retry_after(error))


def _said_code(error: BaseException) -> str:
    """The provider's own code, as OpenAI's protocol has it."""
    body = getattr(error, "body", None)
    return str(body.get("code") or "") if isinstance(body, dict) else ""


def _retry_after(error: BaseException) -> float | None:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:  # absent, or the date form
        return None


# First match wins; the narrow classes inherit from the broad ones below them.
_RULES = [
    ((asyncio.TimeoutError, provider_errors.Timeout, httpx.TimeoutException), _timeout),
    (provider_errors.RateLimitError, _rate_limited),
    ((provider_errors.AuthenticationError, provider_errors.PermissionDeniedError), _credential),
    (provider_errors.NotFoundError, _missing),
    (provider_errors.ContextWindowExceededError, _too_long),
    ((provider_errors.ContentPolicyViolationError, provider_errors.RejectedRequestError), _policy),
    ((provider_errors.BadRequestError, provider_errors.UnprocessableEntityError), _bad_request),
    ((provider_errors.ServiceUnavailableError, provider_errors.InternalServerError, provider_errors.BadGatewayError,
      provider_errors.APIConnectionError), _unavailable),
]
