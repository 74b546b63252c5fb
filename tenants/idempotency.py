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
from rest_framework.response import Response

from countersign.clock import now
from countersign.errors import BadRequest, Conflict, Invalid
from tenants.models import PersonReplay, Replay

LONGEST_KEY = 200
KEPT = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(minutes=2)


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
    records.objects.filter(user_id=user_id, created_at__lt=now() - KEPT).delete()
    mine = records(user_id=user_id, key=key, request_hash=wanted)
    records.objects.bulk_create([mine], ignore_conflicts=True)
    record = records.objects.get(user_id=user_id, key=key)
    if record.id == mine.id:
        return record, True
    if record.request_hash != wanted:
        raise KeyReused
    if record.status is None:
        return _take_over(records, record), True
    return record, False


def _take_over(records: type[Replay] | type[PersonReplay], record: Any) -> Any:
    """Only requests that work outside one transaction leave an unanswered record; after a crash, for good."""
    given_up = records.objects.filter(id=record.id, status=None, created_at__lt=now() - GIVEN_UP_AFTER)
    if not given_up.update(created_at=now()):
        raise StillAnswering
    return record


def keep(record: Any, response: Response, *, without: tuple[str, ...] = ()) -> None:
    """Keep an answer, less the fields in `without`: secrets are shown once."""
    body = response.data
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in without}
    record.status = response.status_code
    record.location = response.headers.get("Location", "")
    record.body = json.loads(json.dumps(body, cls=DjangoJSONEncoder))
    record.save(update_fields=["status", "location", "body"])


def replayed(record: Any) -> Response:
    headers = {"Idempotency-Replayed": "true"} | ({"Location": record.location} if record.location else {})
    return Response(record.body, status=record.status, headers=headers)
