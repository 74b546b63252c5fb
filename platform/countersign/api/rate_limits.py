"""How often one client may ask: counted in Redis, in one atomic step, by the generic cell rate algorithm.

Each answer says what is left in the fields of draft-ietf-httpapi-ratelimit-headers. Without Redis nobody is counted and
everybody is served: the limits are there so that the API stays up, not to take it down.
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
from throttled.store import RedisStore

from countersign.errors import TooManyRequests
from countersign.logs import get_logger

log = get_logger(__name__)

REDIS_MAY_TAKE = 0.25
LOOK_AGAIN_AFTER = 1.0


@dataclass(frozen=True)
class Usage:
    """What one client has used of one policy, after this request."""

    policy: str
    limit: Throttled
    state: RateLimitState
    limited: bool

    @property
    def headers(self) -> dict[str, str]:
        quota = self.limit.limiter.quota
        window = math.ceil(quota.burst * quota.emission_interval)
        return {"RateLimit-Policy": f'"{self.policy}";q={quota.burst};w={window}',
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


def count_request(policy: str, client: str) -> Usage | None:
    """Count one request of `client` (such as `token:<id>`). None where the policy is off, or nothing can be counted."""
    quota = settings.RATE_LIMITS[policy]
    if quota == "off" or _outage.lasts:
        return None
    limit = _limit(settings.REDIS_URL, quota)
    try:
        counted = limit.limit(f"{policy}:{client}")
    except StoreUnavailableError as error:
        _outage.begins(error)
        return None
    _outage.is_over()
    return Usage(policy, limit, counted.state, counted.limited)


@cache
def _limit(url: str, quota: str) -> Throttled:
    return Throttled(using="gcra", quota=quota, store=_store(url), key_prefix="limits")


@cache
def _store(url: str) -> RedisStore:
    return RedisStore(server=url, options={"CONNECTION_POOL_KWARGS": {
        "socket_timeout": REDIS_MAY_TAKE, "socket_connect_timeout": REDIS_MAY_TAKE,
        "retry": Retry(NoBackoff(), 1)}})
