"""Which errors mean that a part is away, and that this is said once."""

from __future__ import annotations

import logging
import time

import psycopg
import pytest
import redis
from django.db import OperationalError
from structlog.testing import capture_logs

from countersign import outages
from countersign.api.problems import as_ours
from countersign.outages import POSTGRES, REDIS, Part, SaidOnce, part_of


def error_of(ask) -> Exception:
    with pytest.raises(Exception) as raised:
        ask()
    return raised.value


def wrapped(error: Exception) -> Exception:
    outer = OperationalError(str(error))
    outer.__cause__ = error
    return outer


def test_a_server_that_is_not_there_is_away(tmp_path):
    postgres = error_of(lambda: psycopg.connect(f"postgresql://web@/x?host={tmp_path}"))
    assert part_of(postgres) is part_of(wrapped(postgres)) is POSTGRES
    assert part_of(error_of(lambda: redis.Redis(unix_socket_path=str(tmp_path / "none")).ping())) is REDIS


@pytest.mark.parametrize(("error", "away"), [
    (psycopg.errors.AdminShutdown(), True), (psycopg.errors.CannotConnectNow(), True),
    (psycopg.errors.TooManyConnections(), True), (psycopg.errors.DeadlockDetected(), False),
    (psycopg.errors.QueryCanceled(), False), (redis.ResponseError(), False), (ValueError(), False)],
    ids=lambda value: type(value).__name__)
def test_what_a_server_says_is_no_absence_unless_it_says_that_it_stops(error, away):
    assert (part_of(error) is POSTGRES) == (part_of(wrapped(error)) is POSTGRES) == away


def test_its_absence_and_its_return_are_said_once(monkeypatch):
    monkeypatch.setattr(outages, "LOOK_EVERY", 0.01)
    there = []

    def ask() -> None:
        if not there:
            raise ConnectionRefusedError

    part = Part("The post", ask, "letters wait")
    with capture_logs() as logs:
        for _ in range(5):
            part.away(ConnectionRefusedError())
        assert part.is_away
        there.append(True)
        deadline = time.monotonic() + 20
        while part.is_away and time.monotonic() < deadline:
            time.sleep(0.01)
        while len(logs) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert [line["event"] for line in logs] == ["The post does not answer: letters wait", "The post answers again"]


def test_one_broken_connection_to_a_server_that_answers_is_no_absence():
    part = Part("The post", lambda: None, "letters wait")
    with capture_logs() as logs:
        part.away(ConnectionResetError())
    assert not part.is_away
    assert [line["event"] for line in logs] == ["a connection to The post broke"]


def test_tracebacks_of_an_absence_are_dropped_and_others_kept(monkeypatch):
    monkeypatch.setattr(REDIS, "is_away", True)

    def kept(error: Exception) -> bool:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "failed", None, (type(error), error, None))
        return bool(SaidOnce().filter(record))

    assert not kept(redis.ConnectionError())
    assert kept(ValueError())


def test_it_is_answered_503_with_a_time_to_come_back(monkeypatch):
    monkeypatch.setattr(POSTGRES, "is_away", True)
    for error in (wrapped(psycopg.errors.AdminShutdown()), wrapped(psycopg.errors.DeadlockDetected())):
        ours = as_ours(error)
        assert (ours.status, ours.retryable, ours.headers) == (503, True, {"Retry-After": "2"})
    assert as_ours(ValueError()) is None
