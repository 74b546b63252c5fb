"""Conditional requests (RFC 9110, 13): one ETag a resource, compared in the transaction of the edit.

An ETag is a hash of what a GET answers. `If-None-Match` with it gets 304; an edit with an older `If-Match` gets 412.
An edit without `If-Match` is done whatever changed: who replaces a document as a whole need not read it first. One that
cannot be read stands for nothing that could be there now. A proxy that compresses answers marks our ETags as weak; they
are taken for what they were.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from countersign.errors import PreconditionFailed

EDITS = ("PUT", "PATCH", "DELETE")


def etag_of(state: Any) -> str:
    """A strong ETag: the same for the same JSON, and for no other.

    An answer to an edit holds numbers as they were sent, a later one as the database keeps them: 1e2 is 100.
    """
    sent = json.loads(json.dumps(state, cls=JSONEncoder), parse_float=_number)
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"))
    return f'"{urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()}"'


def _number(text: str) -> int | float:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(text)


class Conditional:
    """Mixed into an `ApiView` whose GET shows what its PUT, PATCH and DELETE change.

    A handler that is not `transactional` calls `refuse_if_changed` in the transaction of its own.
    """

    request: Request
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    transactional: bool
    get: Callable[..., Response]

    def edited(self) -> QuerySet:
        """The rows that an edit of this changes. They are locked before the comparison, in the order given."""
        raise NotImplementedError

    def essence(self, data: Any) -> Any:
        """What of an answer its ETag stands for: all of it, unless a view leaves out what no edit is about."""
        return data

    def state(self) -> Any:
        """The essence of this resource now, read from the database."""
        return self.essence(self.get(self.request, *self.args, **self.kwargs).data)

    def refuse_if_changed(self) -> None:
        """Hold what is edited and compare it with `If-Match`. Raises PreconditionFailed, showing the ETag of now."""
        if "If-Match" not in self.request.headers:
            return
        wanted = parse_etags(self.request.headers["If-Match"])
        list(self.edited().select_for_update(no_key=True, of=("self",)).values_list("pk"))
        current = etag_of(self.state())
        if "*" not in wanted and not {current, f"W/{current}"} & {*wanted}:
            raise PreconditionFailed(etag=current)

    def admit(self) -> None:
        super().admit()
        if self.request.method in EDITS and self.transactional:
            self.refuse_if_changed()

    def _call(self, handler: Callable[..., Response]) -> Response:
        response = super()._call(handler)
        if response.status_code != 200:
            return response
        etag = etag_of(self.essence(response.data))
        known = parse_etags(self.request.headers.get("If-None-Match", ""))
        if self.request.method in ("GET", "HEAD") and ("*" in known or {etag, f"W/{etag}"} & {*known}):
            response = Response(status=304)
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        return response
