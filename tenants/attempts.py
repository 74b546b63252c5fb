"""Guessing is slowed down: after some failures each further attempt has to wait, longer and longer.

Failures are counted for an account from one address, for an address whatever account it tries, and for an account
whatever address tries it. The last is not held against an address at which the person has signed in before, or has
just proven to own the account's e-mail: nobody can shut a person out from elsewhere. Accounts that do not exist are
counted like others, so the answer tells nothing about them.

An attempt counts as failed before it is looked at, and is taken back if it succeeds: a hundred at once are counted too.
Redis keeps the counts and its clock; without Redis nobody signs in.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

import redis
from django.conf import settings

from countersign.errors import CountersignError, TooManyRequests, Unavailable
from countersign.logs import get_logger

log = get_logger(__name__)

KNOWN_FOR = timedelta(days=30)

_BEGIN = """
local at = redis.call('TIME')
local now = at[1] + at[2] / 1000000
local counted = #KEYS - 1
if counted == 3 and redis.call('EXISTS', KEYS[#KEYS]) == 1 then counted = counted - 1 end
local wait = 0
for i = 1, counted do
    wait = math.max(wait, tonumber(redis.call('HGET', KEYS[i], 'until') or 0) - now)
end
if wait > 0 then return tostring(wait) end
for i = 1, counted do
    local free, first = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    local longest, kept = tonumber(ARGV[4 * i - 1]), ARGV[4 * i]
    local failed = redis.call('HINCRBY', KEYS[i], 'failed', 1)
    if failed >= free then
        local pause = math.min(longest, first * 2 ^ math.min(failed - free, 30))
        redis.call('HSET', KEYS[i], 'until', string.format('%.3f', now + pause))
    end
    redis.call('EXPIRE', KEYS[i], kept)
end
return '0'
"""
_SUCCEED = """
local counted = #KEYS - 1
if counted == 3 and redis.call('EXISTS', KEYS[#KEYS]) == 1 then counted = counted - 1 end
redis.call('DEL', KEYS[1])
for i = 2, counted do
    if redis.call('EXISTS', KEYS[i]) == 1 and redis.call('HINCRBY', KEYS[i], 'failed', -1) < tonumber(ARGV[i]) then
        redis.call('HDEL', KEYS[i], 'until')
    end
end
redis.call('SET', KEYS[#KEYS], 1, 'EX', ARGV[1])
"""


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    detail = "This was tried too often. Wait a moment, then try again; the header Retry-After says how long."


@dataclass(frozen=True)
class Patience:
    """How many failures are free, how long one waits after that (doubled each time), and when all is forgotten."""

    free: int
    first: timedelta
    longest: timedelta
    kept: timedelta

    @property
    def arguments(self) -> list[float]:
        return [self.free, self.first.total_seconds(), self.longest.total_seconds(), int(self.kept.total_seconds())]


ACCOUNT_FROM_ADDRESS = Patience(5, timedelta(seconds=15), timedelta(hours=1), timedelta(days=1))
ADDRESS = Patience(30, timedelta(seconds=5), timedelta(minutes=15), timedelta(hours=1))
ACCOUNT = Patience(50, timedelta(seconds=15), timedelta(minutes=15), timedelta(hours=6))


@dataclass(frozen=True)
class Attempt:
    """One try, of `kind`, at `account` from `address`. `patience` is with the two together, the address, the account;
    one alone counts only the two together."""

    kind: str
    account: str
    address: str
    patience: tuple[Patience, ...] = field(default=(ACCOUNT_FROM_ADDRESS, ADDRESS, ACCOUNT))

    @property
    def keys(self) -> list[str]:
        """No e-mail address stands in Redis, which is not where people's data is kept."""
        account = hmac.new(settings.SECRET_KEY.encode(), self.account.strip().lower().encode(), hashlib.sha256)
        account, kind = account.hexdigest()[:32], f"attempts:{self.kind}"
        counted = [f"{kind}:of:{account}:at:{self.address}", f"{kind}:at:{self.address}", f"{kind}:of:{account}"]
        return [*counted[:len(self.patience)], f"{kind}:known:{account}:{self.address}"]

    def begin(self) -> None:
        """Count it as failed, for now. Raises TooManyAttempts while one has to wait, which does not count."""
        wait = float(_run(_BEGIN, self.keys, [value for each in self.patience for value in each.arguments]))
        if wait > 0:
            log.warning("an attempt has to wait", kind=self.kind, address=self.address, seconds=round(wait, 1))
            raise TooManyAttempts(wait=wait)

    def succeed(self) -> None:
        """It was right: its count is taken back, and the account is known at this address from now on."""
        _run(_SUCCEED, self.keys, [int(KNOWN_FOR.total_seconds()), *(each.free for each in self.patience[1:])])

    @contextmanager
    def failing_by(self, failure: type[CountersignError]) -> Iterator[None]:
        """The block is the attempt. What else it raises is no guess gone wrong."""
        self.begin()
        try:
            yield
        except failure:
            raise
        except CountersignError:
            self.succeed()
            raise
        self.succeed()

    def vouch(self) -> None:
        """The person has proven by other means to be the account's, here."""
        _run("redis.call('DEL', KEYS[1]); redis.call('SET', KEYS[2], 1, 'EX', ARGV[1])",
             [self.keys[0], self.keys[-1]], [int(KNOWN_FOR.total_seconds())])


def _run(script: str, keys: list[str], arguments: list[float]) -> bytes:
    """Raises Unavailable."""
    try:
        return _script(settings.REDIS_URL, script)(keys, arguments)
    except redis.RedisError as error:
        log.error("Redis does not answer", error=str(error))
        raise Unavailable from error


@cache
def _script(url: str, script: str) -> redis.commands.core.Script:
    return _client(url).register_script(script)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
