"""Is the process alive, is it ready for work, and how is it doing; and the two answers when no view answers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import cache

import httpx
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from countersign.addresses import from_this_machine
from countersign.api.problems import problem
from countersign.errors import CountersignError, NotFound, Unavailable
from countersign.logs import get_logger
from countersign.outages import POSTGRES, said

log = get_logger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: answers without asking anybody."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: 200 when everything this process needs answers, else 503; `checks` says which does not.

    A full disk for artifacts is said, and leaves web ready: people can still read and decide.
    """
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    ready = all(outcome == "ok" for outcome in checks.values())
    checks["artifacts"] = _outcome(_room_for_artifacts)
    return JsonResponse({"status": "ok" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever shows METRICS_TOKEN as a bearer token; where none is set, for this machine alone."""
    if not _may_measure(request):
        raise NotFound
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
    return from_this_machine(request)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem(NotFound())


def failed(request: HttpRequest) -> JsonResponse:
    return problem(Unavailable() if said(sys.exc_info()[1]) else CountersignError())


LEAST_FREE_BYTES = 16 * 2**20


class DiskFull(OSError):
    """There is no room left for what runs leave."""


def _postgres() -> None:
    if POSTGRES.is_away:
        raise OperationalError("It does not answer.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@cache
def _migrations() -> None:
    """Asked until the answer is good: what was applied stays so for as long as this process lives."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("migrations are pending: run `manage.py migrate`")


def _redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
        client.ping()


def _room_for_artifacts() -> None:
    folder = settings.ARTIFACTS_DIR
    while not folder.exists():
        folder = folder.parent
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise DiskFull(f"{folder} has less than {LEAST_FREE_BYTES // 2**20} MB left: tools cannot write files")


@cache
def _http() -> httpx.Client:
    """One, kept: a client of its own for each question makes a TLS context each time, which costs 20 ms and more."""
    return httpx.Client(timeout=2, trust_env=False)


def _toolserver() -> None:
    _http().get(f"{settings.TOOLSERVER_URL}/healthz").raise_for_status()


CHECKS: dict[str, Callable[[], None]] = {
    "postgres": _postgres, "migrations": _migrations, "redis": _redis, "toolserver": _toolserver}


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # whatever it is, it means "not ready"
        if not said(error):
            log.warning("not ready", error=str(error))
        return f"failed: {type(error).__name__}"
    return "ok"
