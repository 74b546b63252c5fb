"""Dramatiq's broker: Redis wakes workers, nothing more. What must not be lost stands in the outbox (design §4.1)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import dramatiq
import redis
import structlog
from django.apps import apps
from django.conf import settings
from django.db import connections
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, Middleware, Retries, ShutdownNotifications, TimeLimit

from countersign.logs import bind

LONGEST_WAIT = 0.5  # seconds: each look is a sign of life, too, and a worker that stops waits for the last one


class OneMessage(Middleware):
    """Around each message: its id on every log line, and no database connection kept beyond it."""

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        bind(task=message.actor_name, message_id=message.message_id)

    def after_process_message(self, broker, message, *, result=None, exception=None) -> None:
        structlog.contextvars.clear_contextvars()
        connections.close_all()

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        self.after_process_message(broker, message)


class WaitingConsumer(_RedisConsumer):
    """Sleeps until there is a message, where dramatiq's own looks every few milliseconds."""

    def __next__(self) -> dramatiq.MessageProxy | None:
        if not self.message_cache and self.outstanding_message_count < self.prefetch:
            self._wait()
            self.misses = 0  # and so dramatiq's pause after finding nothing stays short: this was the pause
        return super().__next__()

    def _wait(self) -> None:
        """Taking the queue's head and putting it back where it was waits for one, and changes nothing."""
        queue = f"{self.broker.namespace}:{self.queue_name}"
        try:
            self.broker.client.blmove(queue, queue, LONGEST_WAIT, "LEFT", "LEFT")
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None


class WaitingBroker(RedisBroker):
    @property
    def consumer_class(self) -> type[WaitingConsumer]:
        return WaitingConsumer


def configure_broker() -> RedisBroker:
    """Make the one broker of this process, before any actor is imported. A failed message is not retried: the outbox
    rings again for what was not done."""
    broker = WaitingBroker(
        client=redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=2),
        middleware=[AgeLimit(), TimeLimit(), ShutdownNotifications(), Retries(max_retries=0), OneMessage()])
    dramatiq.set_broker(broker)
    return broker


def messages_waiting(queue: str) -> int:
    """How many messages wait in the queue or are in a worker's hands."""
    return dramatiq.get_broker().do_qsize(queue)


def import_actors() -> None:
    """Import every app's `actors` module, as a worker must before it listens."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.actors"):
            import_module(f"{app.name}.actors")
