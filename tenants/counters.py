"""Counting in Redis, each time in one atomic step and one round trip. Without Redis what is counted is not done."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from typing import Any

import redis
from django.conf import settings

from countersign.errors import Unavailable
from countersign.logs import get_logger

log = get_logger(__name__)


def hidden(email: str) -> str:
    """No e-mail address stands in Redis, which is not where people's data is kept."""
    keyed = hmac.new(settings.SECRET_KEY.encode(), email.strip().lower().encode(), hashlib.sha256)
    return keyed.hexdigest()[:32]


def run_script(script: str, keys: list[str], arguments: list[float | str]) -> Any:
    """What a Lua script returns. Raises Unavailable."""
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
