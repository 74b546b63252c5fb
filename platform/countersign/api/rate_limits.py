"""How often one client may ask: counted in Redis, in one atomic step, by the generic cell rate algorithm.

A token is counted by itself and together with all else of its person, so that a hundred tokens are not a hundred times
as much. Each answer says what is left in the fields of draft-ietf-httpapi-ratelimit-headers. Without Redis nobody is
counted and everybody is served: the limits are there so that the API stays up, not to take it down.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from throttled import RateLimitState, Throttled
from throttled.exceptions import StoreUnavailableError
from throttled.rate_limiter import Quota
from throttled.rate_limiter.gcra import RedisLimitAtomicAction
from throttled.store import RedisStore

from countersign.errors import TooManyRequests
from countersign.logs import get_logger

log = get_logger(__name__)

REDIS_MAY_TAKE = 0.25
LOOK_AGAIN_AFTER = 1.0


#: How much more often than one token all tokens of a person together may ask.
IN_ALL = 4


class CountOfEach(RedisLimitAtomicAction):
    """The library's own step, for several clients: one that is refused for one of them counts for none.

    Takes a key for each, with its interval and capacity. Tells of the first that is spent, else of the one with the
    least left; which one that is comes last, from 1.
    """

    SCRIPTS = """
    local time = redis.call("TIME")
    local now = (time[1] - 1735660800) + (time[2] / 1000000)
    local afterwards, told = {}, nil

    for i, key in ipairs(KEYS) do
        local interval, capacity = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
        local arrival = math.max(now, tonumber(redis.call("GET", key) or now))
        local remaining = capacity - 1 + math.floor((now - arrival) / interval)
        if remaining < 0 then
            local wait = arrival - now - (capacity - 1) * interval
            return {1, 0, tostring(arrival - now), tostring(wait), i}
        end
        afterwards[i] = arrival + interval
        if not told or remaining < told[2] then
            told = {0, remaining, tostring(afterwards[i] - now), "0", i}
        end
    end

    for i, key in ipairs(KEYS) do
        redis.call("SET", key, afterwards[i], "EX", math.ceil(afterwards[i] - now))
    end
    return told
    """

    def do(self, keys: list[str], args: list[float]) -> tuple[int, int, float, float, int]:
        limited, remaining, reset_after, retry_after, which = self._script(keys, args)
        return limited, remaining, float(reset_after), float(retry_after), which


@dataclass(frozen=True)
class Usage:
    """What one client has used of one policy, after this request."""

    policy: str
    quota: Quota
    state: RateLimitState
    limited: bool

    @property
    def headers(self) -> dict[str, str]:
        window = math.ceil(self.quota.burst * self.quota.emission_interval)
        return {"RateLimit-Policy": f'"{self.policy}";q={self.state.limit};w={window}',
                "RateLimit": f'"{self.policy}";r={self.state.remaining};t={math.ceil(self.state.reset_after)}'}

    def refuse_if_spent(self) -> None:
        """Raises TooManyRequests."""
        if self.limited:
            raise TooManyRequests(wait=self.state.retry_after, **{"violated-policies": [self.policy]})


class _Outage:
    """Redis is gone: said once, and not waited for again by every request."""

    def __init__(self) -> None:
        self.until = 0.0
        self.said = False

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self.until

    def begins(self, error: Exception) -> None:
        self.until = time.monotonic() + LOOK_AGAIN_AFTER
        if not self.said:
            log.warning("requests are not counted: Redis does not answer", error=str(error.__cause__ or error))
        self.said = True

    def is_over(self) -> None:
        if self.said:
            log.info("requests are counted again")
        self.said = False


_outage = _Outage()


def count_request(policy: str, client: str, *, among: str = "") -> Usage | None:
    """Count one request of `client` (such as `token:<id>`), also as one of all those that are counted `among` theirs.

    None where the policy is off, or nothing can be counted.
    """
    said = settings.RATE_LIMITS[policy]
    if said == "off" or _outage.lasts:
        return None
    quota, clients = _quota(said), [(client, 1), *([(among, IN_ALL)] if among else [])]
    try:
        limited, remaining, reset_after, retry_after, which = _count(settings.REDIS_URL).do(
            [f"limits:{policy}:{name}" for name, _ in clients],
            [value for _, times in clients for value in (quota.emission_interval / times, quota.burst * times)])
    except StoreUnavailableError as error:
        _outage.begins(error)
        return None
    _outage.is_over()
    times = clients[which - 1][1]
    state = RateLimitState(quota.burst * times, remaining, reset_after, retry_after)
    return Usage(policy if times == 1 else f"{policy}-in-all", quota, state, bool(limited))


@cache
def _quota(said: str) -> Quota:
    return Throttled(using="gcra", quota=said).limiter.quota


@cache
def _count(url: str) -> CountOfEach:
    return _store(url).make_atomic(CountOfEach)


@cache
def _store(url: str) -> RedisStore:
    return RedisStore(server=url, options={"CONNECTION_POOL_KWARGS": {
        "socket_timeout": REDIS_MAY_TAKE, "socket_connect_timeout": REDIS_MAY_TAKE,
        "retry": Retry(NoBackoff(), 1)}})
