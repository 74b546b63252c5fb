"""The one error root. Each app subclasses it in its `errors.py`; each edge translates it once."""

from __future__ import annotations

import math
from typing import Any


class CountersignError(Exception):
    """Something a caller can understand and act on.

    `code` is stable and machine-readable, `detail` is a sentence that says what to do, `fields`
    lists the faults of an input as `{"field", "code", "detail"}`, `data` is extra and JSON-safe.
    """

    code = "error"
    status = 500
    retryable = False
    detail = "Something failed on our side. Try again; the log names this request."

    def __init__(self, detail: str | None = None, *, code: str | None = None,
                 fields: list[dict[str, str]] | None = None, **data: Any) -> None:
        self.detail = detail or type(self).detail
        self.code = code or type(self).code
        self.fields = fields or []
        self.data = data
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """What an HTTP answer says of it beside its body."""
        return {}


class Invalid(CountersignError):
    code = "invalid"
    status = 422
    detail = "Some of what was sent cannot be used. See `fields`."


class BadRequest(CountersignError):
    code = "bad_request"
    status = 400
    detail = "The request could not be read."


class NotSignedIn(CountersignError):
    code = "not_signed_in"
    status = 401
    detail = "Sign in, or send a valid token."


class Forbidden(CountersignError):
    code = "forbidden"
    status = 403
    detail = "Your role does not allow this. An admin of this team can change that."


class NotFound(CountersignError):
    """Missing, or another tenant's: the answer is the same."""

    code = "not_found"
    status = 404
    detail = "There is nothing here, or it is not yours to see."


class Conflict(CountersignError):
    code = "conflict"
    status = 409
    detail = "This changed meanwhile. Load it again."


class TooSlow(CountersignError):
    code = "too_slow"
    status = 408
    retryable = True
    detail = "The request's body did not come in time."

    @property
    def headers(self) -> dict[str, str]:
        return {"Connection": "close"}


class PreconditionFailed(CountersignError):
    """Raised with `etag`, that of now."""

    code = "precondition_failed"
    status = 412
    detail = "This changed since you read it. Load it again, and make your change to what it is now."

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": self.data["etag"]}


class TooLarge(CountersignError):
    code = "too_large"
    status = 413
    detail = "This is larger than what is accepted."


class HeadersTooLarge(CountersignError):
    code = "headers_too_large"
    status = 431
    detail = "The request's headers are larger than what is accepted. Deleting this site's cookies may help."


class TooManyRequests(CountersignError):
    """Raised with `wait`, in seconds."""

    code = "too_many_requests"
    status = 429
    retryable = True
    detail = "These were too many requests in a short time. Wait as long as the header Retry-After says."

    def __init__(self, detail: str | None = None, *, wait: float, **data: Any) -> None:
        super().__init__(detail, retry_after=max(1, math.ceil(wait)), **data)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.data["retry_after"])}


class Unavailable(CountersignError):
    code = "unavailable"
    status = 503
    retryable = True
    detail = "A part that this needs does not answer just now. Try again in a moment."

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "2"}


def field_fault(field: str, code: str, detail: str) -> dict[str, str]:
    """One entry of `CountersignError.fields`; `field` is a path such as `input.documents.0.text`."""
    return {"field": field, "code": code, "detail": detail}
