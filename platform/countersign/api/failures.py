"""Every way in which an operation of the API may fail, as its document describes them. Settings put them there."""

from __future__ import annotations

from typing import Any

_TEXT = {"schema": {"type": "string"}}
PROBLEMS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("The request could not be read.", {}),
    401: ("Nobody is signed in, or the token or session shown is not valid.", {"WWW-Authenticate": _TEXT}),
    403: ("The role, right or scope for this is missing; or the CSRF token, in a browser's session.", {}),
    404: ("There is no such thing, or it is not yours to see.", {}),
    408: ("The body did not come in time.", {}),
    409: ("Something that stands is in the way; or the first request with this `Idempotency-Key` is not over yet.", {}),
    412: ("It changed since the ETag in `If-Match`, or that is none. `etag` is that of now.", {"ETag": _TEXT}),
    413: ("The body is too large. `most_bytes` is what is accepted here.", {}),
    415: ("The body is of another media type than those listed.", {}),
    422: ("Something in the request cannot be used: `fields` says what. Or the `Idempotency-Key` came with another "
          "request before.", {}),
    429: ("Too many requests, or too many attempts that failed.",
          {"Retry-After": {"schema": {"type": "integer"}}, "RateLimit": _TEXT, "RateLimit-Policy": _TEXT}),
    431: ("The headers are too large: 32 KB at most, of which 8 KB of cookies.", {}),
    503: ("A part that this needs does not answer just now.", {}),
}
PROBLEM_RESPONSES = {
    f"Problem{status}": {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        **({"headers": headers} if headers else {}),
    } for status, (description, headers) in PROBLEMS.items()}
