"""Guessing is slowed down: after some failures each further attempt has to wait, longer and longer.

Failures are counted for an account from one address, for an address whatever account it tries, and for an account
whatever address tries it, each for a while from the first one on. The last two are neither held against somebody nor
counted where the person has signed in from that address before, or has just proven to own the account's e-mail: nobody
can shut a person out, be it from elsewhere or from the next desk. Accounts that do not exist are counted like others,
so the answer tells nothing about them.

An attempt counts as failed before it is looked at, and is taken back if it succeeds, with the wait that it began: a
hundred at once are counted too. Redis keeps the counts and its clock; without Redis nobody signs in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from countersign.errors import CountersignError, TooManyRequests
from countersign.logs import get_logger
from tenants.counters import hidden, run_script

log = get_logger(__name__)

KNOWN_FOR = timedelta(days=30)

# Answers {wait}, or {0, and for each count: the time until which it waited before, and until which it waits now}.
_BEGIN = """
local at = redis.call('TIME')
local now = at[1] + at[2] / 1000000
local counted = redis.call('EXISTS', KEYS[#KEYS]) == 1 and 1 or #KEYS - 1
local wait = 0
for i = 1, counted do
    wait = math.max(wait, tonumber(redis.call('HGET', KEYS[i], 'until') or 0) - now)
end
if wait > 0 then return {tostring(wait)} end
local begun = {'0'}
for i = 1, counted do
    local free, first = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    local longest, kept = tonumber(ARGV[4 * i - 1]), ARGV[4 * i]
    local before = redis.call('HGET', KEYS[i], 'until') or '0'
    local failed, waits = redis.call('HINCRBY', KEYS[i], 'failed', 1), before
    if failed >= free then
        waits = string.format('%.6f', now + math.min(longest, first * 2 ^ math.min(failed - free, 30)))
        redis.call('HSET', KEYS[i], 'until', waits)
    end
    if failed == 1 then redis.call('EXPIRE', KEYS[i], kept) end
    begun[2 * i], begun[2 * i + 1] = before, waits
end
return begun
"""
# Takes what _BEGIN answered. A wait that another attempt has begun meanwhile stays.
_SUCCEED = """
redis.call('DEL', KEYS[1])
for i = 2, (#ARGV - 1) / 2 do
    local before, waits = ARGV[2 * i], ARGV[2 * i + 1]
    if redis.call('EXISTS', KEYS[i]) == 1 then
        if redis.call('HINCRBY', KEYS[i], 'failed', -1) < 1 then
            redis.call('DEL', KEYS[i])
        elseif redis.call('HGET', KEYS[i], 'until') == waits then
            redis.call('HSET', KEYS[i], 'until', before)
        end
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


@dataclass
class Attempt:
    """One try, of `kind`, at `account` from `address`. `patience` is with the two together, the address, the account;
    one alone counts only the two together. `begun` is what `begin` counted, for `succeed` to take back."""

    kind: str
    account: str
    address: str
    patience: tuple[Patience, ...] = (ACCOUNT_FROM_ADDRESS, ADDRESS, ACCOUNT)
    begun: list[bytes] = field(default_factory=list, init=False)

    @property
    def keys(self) -> list[str]:
        account, kind = hidden(self.account), f"attempts:{self.kind}"
        counted = [f"{kind}:of:{account}:at:{self.address}", f"{kind}:at:{self.address}", f"{kind}:of:{account}"]
        return [*counted[:len(self.patience)], f"{kind}:known:{account}:{self.address}"]

    def begin(self) -> None:
        """Count it as failed, for now. Raises TooManyAttempts while one has to wait, which does not count."""
        arguments = [value for each in self.patience for value in each.arguments]
        wait, *self.begun = run_script(_BEGIN, self.keys, arguments)
        if (wait := float(wait)) > 0:
            log.warning("an attempt has to wait", kind=self.kind, address=self.address, seconds=round(wait, 1))
            raise TooManyAttempts(wait=wait)

    def succeed(self) -> None:
        """It was right: its count is taken back, and the account is known at this address from now on."""
        run_script(_SUCCEED, self.keys, [int(KNOWN_FOR.total_seconds()), *self.begun])

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
        run_script("redis.call('DEL', KEYS[1]); redis.call('SET', KEYS[2], 1, 'EX', ARGV[1])",
                   [self.keys[0], self.keys[-1]], [int(KNOWN_FOR.total_seconds())])

    @property
    def is_known(self) -> bool:
        """Whether the account has signed in from this address before. Raises Unavailable."""
        return run_script("return redis.call('EXISTS', KEYS[1])", [self.keys[-1]], []) == 1
