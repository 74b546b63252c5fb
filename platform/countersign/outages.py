"""A part that is away: recognised by its error, said once in plain words, and said once more when it is back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from countersign.logs import get_logger

log = get_logger(__name__)

LOOK_EVERY = 1.0
#: SQLSTATE's classes (PostgreSQL, appendix A) for a connection that is gone, a server that stops, one that is full.
AWAY = ("08", "57P", "53")


class Part:
    """`is_away` from the first error until `ask` gets an answer again, which a thread looks for every second."""

    def __init__(self, name: str, ask: Callable[[], None], meanwhile: str) -> None:
        self.name = name
        self.is_away = False
        self._ask = ask
        self._meanwhile = meanwhile
        self._lock = threading.Lock()

    def answers(self) -> bool:
        try:
            self._ask()
        except Exception:  # whatever it says, that is no answer
            return False
        return True

    def away(self, error: BaseException) -> None:
        """Say so, unless it does answer: then a connection broke, and no more than that."""
        if self.is_away:
            return
        if self.answers():
            log.warning(f"a connection to {self.name} broke", part=self.name, error=type(error).__name__)
            return
        with self._lock:
            if self.is_away:
                return
            self.is_away = True
        log.error(f"{self.name} does not answer: {self._meanwhile}", part=self.name, error=type(error).__name__)
        threading.Thread(target=self._look, args=(time.monotonic(),), name=f"{self.name} away", daemon=True).start()

    def _look(self, since: float) -> None:
        time.sleep(LOOK_EVERY)
        while not self.answers():
            time.sleep(LOOK_EVERY)
        self.is_away = False
        log.warning(f"{self.name} answers again", part=self.name, seconds=round(time.monotonic() - since))


def _ask_postgres() -> None:
    parameters = connection.get_connection_params()
    plain = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    psycopg.connect(**plain, connect_timeout=2).close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.pool.check()  # what the pool kept from before is of no use


def _ask_redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


POSTGRES = Part("Postgres", _ask_postgres, "what is stored is safe, work waits, requests are answered 503")
REDIS = Part("Redis", _ask_redis, "it only wakes; what waits is found by looking, a little later")


def part_of(error: BaseException | None) -> Part | None:
    """The part whose absence an error tells of, if it does."""
    for each in _causes(error):
        match each:
            case psycopg.OperationalError() | psycopg.InterfaceError():
                return POSTGRES if each.sqlstate is None or each.sqlstate.startswith(AWAY) else None
            case OperationalError() | InterfaceError() if each.__cause__ is None:
                return POSTGRES
            case redis.ConnectionError() | redis.TimeoutError():
                return REDIS
    return None


def said(error: BaseException | None) -> bool:
    """Whether the error means that a part is away. Then that is said, once: nobody needs to log it again."""
    part = part_of(error)
    if part is None or error is None:
        return False
    part.away(error)
    return True


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


class SaidOnce(logging.Filter):
    """Drops what libraries log about a part that is away: one traceback for each request says nothing more."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "dramatiq.worker.ConsumerThread" and "connection error" in str(record.msg):
            REDIS.away(redis.ConnectionError(record.getMessage()))
            return False
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not said(error)
