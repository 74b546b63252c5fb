"""How often something may be done in a while, counted from the first time on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tenants.counters import run_script

# Answers {0} when each was counted, else {which is used up for longest, for how many milliseconds}, and counts none.
_SPEND = """
local longest, which = 0, 0
for i = 1, #KEYS do
    if tonumber(redis.call('GET', KEYS[i]) or 0) >= tonumber(ARGV[2 * i - 1]) then
        local left = redis.call('PTTL', KEYS[i])
        if left >= longest then longest, which = left, i end
    end
end
if which > 0 then return {which, longest} end
for i = 1, #KEYS do
    if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i]) end
end
return {0}
"""


@dataclass(frozen=True)
class Quota:
    name: str
    most: int
    per: timedelta

    def of(self, whose: object) -> Use:
        return Use(self, str(whose))


@dataclass(frozen=True)
class Use:
    quota: Quota
    whose: str


@dataclass(frozen=True)
class UsedUp:
    """`wait` is in seconds."""

    quota: Quota
    wait: float


def spend(*uses: Use) -> UsedUp | None:
    """Count one use of each quota; or none of them, where one is used up, and return that one. Raises Unavailable."""
    keys = [f"quota:{use.quota.name}:{use.whose}" for use in uses]
    limits = [value for use in uses for value in (use.quota.most, int(use.quota.per.total_seconds() * 1000))]
    which, *left = run_script(_SPEND, keys, limits)
    return UsedUp(uses[which - 1].quota, left[0] / 1000) if which else None
