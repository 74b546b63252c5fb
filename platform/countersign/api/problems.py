"""Errors as problem details (RFC 9457): `type`, `title`, `status`, `detail`, `code`, and `fields` for bad input."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from countersign.errors import CountersignError, Forbidden, Invalid, NotFound, NotSignedIn, Unavailable, field_fault
from countersign.logs import get_logger
from countersign.outages import said

log = get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


def problem_body(error: CountersignError) -> dict[str, Any]:
    body = {
        "type": f"urn:countersign:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.fields:
        body["fields"] = error.fields
    return {**error.data, **body}


def problem(error: CountersignError) -> JsonResponse:
    """For plain Django views and middleware."""
    return JsonResponse(problem_body(error), status=error.status, content_type=CONTENT_TYPE, headers=error.headers)


async def send_problem(send: Callable[[dict[str, Any]], Awaitable[None]], error: CountersignError) -> None:
    """For ASGI, before Django."""
    headers = {"content-type": CONTENT_TYPE, **error.headers}
    await send({"type": "http.response.start", "status": error.status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]})
    await send({"type": "http.response.body", "body": json.dumps(problem_body(error)).encode()})


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it does not know stays an exception, and becomes a logged 500."""
    ours = as_ours(error)
    if ours is None:
        return None
    headers = dict(ours.headers)
    if isinstance(error, exceptions.APIException):
        headers |= {"WWW-Authenticate": error.auth_header} if getattr(error, "auth_header", None) else {}
        headers |= {"Retry-After": str(int(error.wait))} if getattr(error, "wait", None) else {}
    return Response(problem_body(ours), status=ours.status, headers=headers, content_type=CONTENT_TYPE)


def as_ours(error: Exception) -> CountersignError | None:
    """The same failure as one of our errors."""
    match error:
        case CountersignError():
            return error
        case Http404():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return Forbidden()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return NotSignedIn()
        case exceptions.ValidationError():
            return Invalid(fields=list(_faults(error.get_full_details(), ())))
        case _ if said(error):
            return Unavailable()
        case OperationalError():  # a deadlock, a statement that took too long: the same request may work
            log.warning("the database did not do it", error=str(error).partition("\n")[0])
            return Unavailable()
        case DataError():
            log.warning("the database refused a value", error=str(error))
            return Invalid("Something in this request cannot be kept: a NUL character, or a number that is too large.",
                           code="unstorable")
        case exceptions.APIException():
            known = CountersignError(str(error.detail), code=str(error.default_code))
            known.status = error.status_code
            return known
    return None


def _faults(details: Any, path: tuple[str, ...]):
    if isinstance(details, dict) and set(details) == {"message", "code"} and isinstance(details["message"], str):
        named = [part for part in path if part != api_settings.NON_FIELD_ERRORS_KEY]
        yield field_fault(".".join(named), str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for key, value in details.items():
            yield from _faults(value, (*path, str(key)))
    else:
        for index, value in enumerate(details):
            leaf = isinstance(value, dict) and set(value) == {"message", "code"}
            yield from _faults(value, path if leaf else (*path, str(index)))
