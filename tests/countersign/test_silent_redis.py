"""A Redis that neither answers nor refuses: whoever promises work waits for it once, and no more."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from countersign.broker import configure_broker
from countersign.doorbells import services
from countersign.doorbells.models import Outbox
from countersign.ids import new_id
from countersign.outages import REDIS

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 30


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections, and says nothing on them."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def void() -> Iterator[int]:
    """A port whose queue of connections is full: another one is neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture(params=[silence, void], ids=lambda kind: kind.__name__)
def bells(request, monkeypatch, settings):
    """The bells of the topic `test` that were tried, on a broker whose Redis does not answer."""
    import dramatiq

    tried: list[object] = []
    before = dramatiq.get_broker()
    with request.param() as port:
        sound, settings.REDIS_URL = settings.REDIS_URL, f"redis://127.0.0.1:{port}/0"
        broker = configure_broker()

        def bell(tenant_id, subject_id) -> None:
            tried.append(subject_id)
            broker.client.ping()

        monkeypatch.setitem(services._topics, "test", services.Topic(bell, "test", shared=False))
        yield tried
        settings.REDIS_URL = sound
        dramatiq.set_broker(before)
        deadline = time.monotonic() + 30
        while REDIS.is_away and time.monotonic() < deadline:
            time.sleep(0.05)


def promise() -> float:
    """Promise work on many subjects; how long that took."""
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE engine")
        services.ring_all("test", tenant_id=new_id(), subject_ids=[new_id() for _ in range(MANY)])
    return time.monotonic() - began


def test_it_is_waited_for_once(bells):
    promise()
    assert len(bells) == 1
    assert REDIS.is_away
    assert promise() < 5
    assert services.ring_again() == 0
    assert len(bells) == 1
    assert Outbox.objects.filter(topic="test").count() == 2 * MANY
