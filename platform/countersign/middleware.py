"""What every request passes through: an id in the logs, rules for browsers, a count, bodies that can be read."""

from __future__ import annotations

import time
from collections.abc import Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars

from countersign.addresses import client_network
from countersign.api.problems import as_ours, problem
from countersign.api.rate_limits import count_request
from countersign.errors import CountersignError, TooManyRequests, Unavailable
from countersign.ids import new_id
from countersign.logs import bound, get_logger
from countersign.outages import POSTGRES, said
from countersign.strict_json import read_json
from countersign.telemetry import HTTP_SECONDS
from countersign.web_app.policy import POLICY

log = get_logger("countersign.web")

MACHINES = ("/api/", "/_allauth/")  # all of them need Postgres
UNLOGGED = ("healthz", "readyz", "metrics")


class _Middleware:
    sync_capable = async_capable = True

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest):
        return self.answer_later(request) if self.is_async else self.answer(request)


class RequestContext(_Middleware):
    """Every log line of a request carries its id, which the answer's `X-Request-Id` repeats; each request is timed."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        with bound(request_id=str(new_id())):
            began = time.perf_counter()
            return self._finished(request, self.get_response(request), began)

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        with bound(request_id=str(new_id())):
            began = time.perf_counter()
            return self._finished(request, await self.get_response(request), began)

    @staticmethod
    def _finished(request: HttpRequest, response: HttpResponse, began: float) -> HttpResponse:
        seconds = time.perf_counter() - began
        route = request.resolver_match.route if request.resolver_match else "none"
        HTTP_SECONDS.labels(request.method, route, response.status_code).observe(seconds)
        if route not in UNLOGGED:
            log.info("request", method=request.method, path=loggable(request.path), status=response.status_code,
                     ms=round(seconds * 1000, 1))
        response["X-Request-Id"] = get_contextvars()["request_id"]
        return response


def loggable(path: str) -> str:
    """Of a page's address its first word alone: what follows can be the secret of an invitation or a reset."""
    word, slash, _ = path.removeprefix("/").partition("/")
    return path if path.startswith(MACHINES) else f"/{word}{slash}{'…' if slash else ''}"


class BrowserRules(_Middleware):
    """Browsers run our own scripts alone, and keep no answer meant for machines that does not say they may."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        return self._marked(request, self.get_response(request))

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        return self._marked(request, await self.get_response(request))

    @staticmethod
    def _marked(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.setdefault("Content-Security-Policy", POLICY)
        if request.path.startswith(MACHINES):
            response.setdefault("Cache-Control", "private, no-store")
        return response


class CountedByAddress(_Middleware):
    """Counts what no view of the API counts: sign-in, and what is open to everybody, by where it comes from."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        return self._told(request, self.get_response(request))

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        return self._told(request, await self.get_response(request))

    def process_view(self, request: HttpRequest, view: Callable, *_: object) -> HttpResponse | None:
        if not request.path.startswith(MACHINES) or getattr(getattr(view, "cls", None), "counts_requests", False):
            return None
        request.usage = count_request("anonymous", f"address:{client_network(request)}")
        try:
            if request.usage:
                request.usage.refuse_if_spent()
        except TooManyRequests as error:
            return problem(error)
        return None

    @staticmethod
    def _told(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        usage = getattr(request, "usage", None)
        for name, value in usage.headers.items() if usage else ():
            response.setdefault(name, value)
        return response


class Problems(_Middleware):
    """Our errors as problem details, from whatever view raises them."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        return self.at_once(request) or self.get_response(request)

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        return self.at_once(request) or await self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        ours = as_ours(error) if said(error) or isinstance(error, CountersignError | DataError) else None
        return problem(ours) if ours else None

    @staticmethod
    def at_once(request: HttpRequest) -> HttpResponse | None:
        """While Postgres is away nobody waits for a connection to be told so."""
        if POSTGRES.is_away and request.path.startswith(MACHINES):
            return problem(Unavailable())
        return None


class ReadableSignIn(_Middleware):
    """Bodies for sign-in are read as strictly as the API's: allauth's own reading lets half characters through.

    Where allauth says no more than 429, the answer is a problem like the API's.
    """

    LONGEST_WAIT = 60  # the limits that are left to allauth are per minute

    def answer(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self._in_our_words(request, self.get_response(request))

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self._in_our_words(request, await self.get_response(request))

    def _in_our_words(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        bare = response.status_code == 429 and "Retry-After" not in response
        if bare and request.path.startswith("/_allauth/"):
            return problem(TooManyRequests(wait=self.LONGEST_WAIT))
        return response

    @staticmethod
    def _refusal(request: HttpRequest) -> HttpResponse | None:
        if request.path.startswith("/_allauth/") and request.body:
            try:
                read_json(request.body)
            except CountersignError as error:
                return problem(error)
        return None
