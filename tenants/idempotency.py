"""`Idempotency-Key`: a repeated POST gets the first one's answer, and nothing is done twice.

The record is inserted in the transaction that does the work. A second request with the same key waits on the unique
index until the first has ended; if that one failed, its record is gone with it and the second does the work.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from rest_framework.response import Response

from countersign.clock import now
from countersign.errors import BadRequest, Conflict, Invalid
from tenants.models import PersonReplay, Replay

LONGEST_KEY = 200
KEPT = timedelta(hours=24)  # as the function that prunes the tables has it (migration 0004)
GIVEN_UP_AFTER = timedelta(minutes=3)  # longer than a request calls out: twice a minute at most
KEPT_BYTES = 32_768
TRIES = 5


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key came with another request before. Use a new key for a new request."


class StillAnswering(Conflict):
    code = "idempotency_in_progress"
    retryable = True
    detail = "The first request with this Idempotency-Key is still being answered. Try again in a moment."


def request_hash(*, method: str, path: str, body: Any) -> str:
    """Keyed: a body may hold a password, which nobody who has the database is to find by guessing."""
    text = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder, default=str)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def claim(records: type[Replay] | type[PersonReplay], *, user_id: UUID, key: str, wanted: str) -> tuple[Any, bool]:
    """The record under `key`, and whether it is new: then the caller does the work and `keep`s its answer.

    Raises KeyReused for another request's key, StillAnswering where the first request is not over yet.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    under_key = records.objects.filter(user_id=user_id, key=key)
    under_key.filter(created_at__lt=now() - KEPT).delete()
    mine = records(user_id=user_id, key=key, request_hash=wanted)
    record = _first_under(under_key, mine)
    if record.id == mine.id:
        return record, True
    if record.request_hash != wanted:
        raise KeyReused
    if record.status is None:
        return _take_over(record), True
    return record, False


def _first_under(under_key: QuerySet, mine: Any) -> Any:
    """`mine`, or whose record was there before it. That one may be gone again by the time it is read, when its request
    failed: then there is room for mine."""
    for _ in range(TRIES):
        under_key.bulk_create([mine], ignore_conflicts=True)
        if record := under_key.first():
            return record
    raise StillAnswering


def _take_over(record: Any) -> Any:
    """Only requests that work outside one transaction leave an unanswered record; after a crash, for good.

    `created_at` tells the claims of one record apart: whoever was taken for dead and is not has no more say in it.
    """
    mark = now()
    given_up = _unanswered(record).filter(created_at__lt=mark - GIVEN_UP_AFTER)
    if not given_up.update(created_at=mark):
        raise StillAnswering
    record.created_at = mark
    return record


def keep(record: Any, response: Response, *, without: tuple[str, ...] = ()) -> None:
    """Keep an answer, less the fields in `without`: secrets are shown once. Of a large one that says where it can be
    read, that alone."""
    body, location = response.data, response.headers.get("Location", "")
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in without}
    text = json.dumps(body, cls=DjangoJSONEncoder)
    kept = None if location and len(text) > KEPT_BYTES else json.loads(text)
    _unanswered(record).update(status=response.status_code, location=location, body=kept)


def let_go(record: Any) -> None:
    """The request failed, and its key is free."""
    _unanswered(record).delete()


def _unanswered(record: Any) -> QuerySet:
    """The record, for as long as it is of this claim and without an answer."""
    return type(record).objects.filter(id=record.id, created_at=record.created_at, status=None)


def is_to_be_read_again(record: Any) -> bool:
    return record.body is None and bool(record.location)


def replayed(record: Any, body: Any) -> Response:
    headers = {"Idempotency-Replayed": "true"} | ({"Location": record.location} if record.location else {})
    return Response(body, status=record.status, headers=headers)
