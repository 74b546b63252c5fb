"""A run's events as a stream of server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import renderers
from rest_framework.request import Request

from countersign.api.kept import all_shown
from countersign.database.context import release_connection
from countersign.errors import CountersignError, NotSignedIn, TooManyRequests
from countersign.places import Places
from countersign.sessions import SessionStore
from tenants.api.authentication import SessionAuthentication
from tenants.models import User
from workflows.api.run_serializers import EventSerializer
from workflows.api.runs import _RunView, whole_number
from workflows.engine.watching import EVENTS_AT_ONCE, Events, Read, watch
from workflows.queries.runs import events_after

#: Seconds that may pass before it is asked again who may watch.
LOOK_EVERY = 5.0
#: Each holds a connection for as long as its run lasts, and all of web's processes have some thousands.
OF_A_PERSON = Places(20, "streams of one person")
OF_A_TEAM = Places(300, "streams of one team")
NOTHING_IS_AFTER = 2**62


class EventStream(renderers.BaseRenderer):
    """Only so that `Accept: text/event-stream` is not refused; problems are sent as JSON."""

    media_type = "text/event-stream"
    format = "stream"

    def render(self, data: Any, *_: object) -> bytes:
        return json.dumps(data).encode()


class RunEventStream(_RunView):
    """Holds no database connection while nothing happens: it borrows one for each look, and looks who may watch."""

    renderer_classes = [renderers.JSONRenderer, EventStream]

    @extend_schema(responses={(200, "text/event-stream"): OpenApiTypes.STR, 204: None}, parameters=[
        OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER,
                         description="The sequence number of the last event that was received."),
        OpenApiParameter("after", int, description="The same, for a first connection.")])
    def get(self, request: Request, slug: str, id: str) -> HttpResponse:
        """The run's events, as they happen, until the run has ended.

        `id` is the sequence number, `event` the kind. Text comes twice: live, as `delta` without an id, and stored, as
        `text`: apply both by `execution` and `offset`. A run that has ended, and whose events you have, answers 204.
        A person may have 20 streams at once and a team 300; more are answered with 429.
        """
        seen = request.headers.get("Last-Event-ID") or request.query_params.get("after", "0")
        after = whole_number("Last-Event-ID", seen)
        run = self.watched(id)
        if run.status.ended and run.event_seq <= after:
            return HttpResponse(status=204)
        OF_A_PERSON.refuse_if_full(request.user.id)
        OF_A_TEAM.refuse_if_full(self.tenant.id)
        stream = self._places_held(run.id, after, stored_after(run.id, after))
        response = StreamingHttpResponse(stream, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response

    async def _places_held(self, run_id: UUID, after: int, stored: Events) -> AsyncIterator[bytes]:
        """Taken when the stream begins, so that they are given back when it ends: an answer whose client is gone by
        the time it is ready never begins. Who took the last one meanwhile was quicker, and this ends at once.
        """
        read = sync_to_async(lambda last: self._read(run_id, last), thread_sensitive=False)
        with suppress(TooManyRequests), OF_A_PERSON.taken(self.request.user.id), OF_A_TEAM.taken(self.tenant.id):
            watched = watch(self.tenant.id, run_id, after=after, stored=stored, read=read)
            async with aclosing(watched), aclosing(_messages(watched, read)) as messages:
                async for message in messages:
                    yield message

    def _read(self, run_id: UUID, last: int) -> Events:
        """Raises NotSignedIn, NotFound or Forbidden once this person may not watch any more."""
        try:
            with self.context():
                self._still_signed_in()
                self.admit()
                self.watched(str(run_id))
                return stored_after(run_id, last)
        finally:
            release_connection()

    def _still_signed_in(self) -> None:
        """Raises NotSignedIn. A request is asked once who sends it; a stream outlives the answer."""
        shown = self.request.successful_authenticator
        if isinstance(shown, SessionAuthentication):
            there = person_of_session(self.request.session.session_key).is_authenticated
        else:
            there = shown.authenticate(self.request)
        if not there:
            raise NotSignedIn


def stored_after(run_id: UUID, last: int) -> Events:
    return all_shown(EventSerializer, events_after(run_id, last, most=EVENTS_AT_ONCE))


def person_of_session(key: str) -> User | AnonymousUser:
    """Who is signed in there now: nobody once the session has ended, or the password was changed."""
    request = HttpRequest()
    request.session = SessionStore(key)
    return get_user(request)


async def _messages(watched: AsyncIterator[bytes], read: Read) -> AsyncIterator[bytes]:
    """Redis tells a busy run's events without a look at who may watch, so there is one every few seconds."""
    yield b"retry: 2000\n\n"
    looked = time.monotonic()
    try:
        async for message in watched:
            if time.monotonic() - looked > LOOK_EVERY:
                await read(NOTHING_IS_AFTER)
                looked = time.monotonic()
            yield message
    except CountersignError:
        return
