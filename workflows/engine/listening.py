"""One connection to Redis for everything that a process's streams listen to."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

#: Seconds between two attempts to reach Redis.
TRY_AGAIN = 1.0
ANSWERS_WITHIN = 2.0
#: Without a word for 15 s the kernel asks whether Redis is there.
KEEP_ALIVE = {"socket_keepalive": True, "socket_keepalive_options": {
    socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}}
#: Messages for one listener that does not take them.
MOST_WAITING = 1000


def ear() -> Ear:
    """The running event loop's."""
    return _ears.setdefault(asyncio.get_running_loop(), Ear())


class Listener:
    """What one stream has still to hear."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._waiting: list[bytes] = []
        self._missed = False
        self._told = asyncio.Event()

    def begin(self) -> None:
        """From now on nothing is missed. Who has listened before, to a connection that broke, has missed something."""
        if self.begun.is_set():
            self.miss()
        self.begun.set()

    def miss(self) -> None:
        self.begun.set()
        self._missed = True
        self._waiting.clear()
        self._told.set()

    def tell(self, message: bytes) -> None:
        if len(self._waiting) == MOST_WAITING:
            self.miss()
        elif not self._missed:
            self._waiting.append(message)
            self._told.set()

    async def hear(self, within: float) -> list[bytes]:
        """All that has come, in order; nothing where something may have been missed, or came for so many seconds."""
        if not self._told.is_set():
            too_long = asyncio.get_running_loop().call_later(within, self._told.set)
            try:
                await self._told.wait()
            finally:
                too_long.cancel()
        self._told.clear()
        heard, self._waiting, self._missed = self._waiting, [], False
        return heard


class Ear:
    """Connects when somebody first listens, and anew, for everybody, whenever the connection breaks."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._heard: set[str] = set()  # channels that Redis has said it tells us
        self._connection: AbstractConnection | None = None
        self._is_away = False
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[Listener]:
        """Nothing is missed from when this is entered, unless the listener is told so."""
        listener = Listener()
        self._task = self._task or asyncio.create_task(self._listen())
        others = self._listeners.setdefault(channel, set())
        others.add(listener)
        try:
            if self._is_away:
                listener.miss()
            elif channel in self._heard:
                listener.begin()
            elif len(others) == 1:
                await self._say("SUBSCRIBE", channel)
            await self._until_begun(listener)
            yield listener
        finally:
            others.discard(listener)
            if not others:
                del self._listeners[channel]
                self._heard.discard(channel)
                await self._say("UNSUBSCRIBE", channel)

    @staticmethod
    async def _until_begun(listener: Listener) -> None:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await listener.begun.wait()
        except TimeoutError:
            listener.miss()

    async def _say(self, *words: str) -> None:
        if self._connection:
            with contextlib.suppress(RedisError, OSError):  # whoever reads notices, too
                await self._connection.send_command(*words, check_health=False)

    async def _listen(self) -> None:
        """For as long as the loop runs."""
        try:
            while True:
                with contextlib.suppress(RedisError, OSError):
                    await self._hear_until_it_breaks()
                self._is_away = True
                for listener in set().union(*self._listeners.values()):
                    listener.miss()
                await asyncio.sleep(TRY_AGAIN)
        finally:
            self._task = None

    async def _hear_until_it_breaks(self) -> None:
        url = settings.REDIS_URL
        client = redis.asyncio.Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0),
                                              socket_connect_timeout=ANSWERS_WITHIN,
                                              **({} if url.startswith("unix:") else KEEP_ALIVE))
        connection = client.connection_pool.make_connection()
        try:
            await connection.connect()
            self._connection, self._is_away = connection, False
            if self._listeners:
                await self._say("SUBSCRIBE", *self._listeners)
            while True:
                self._pass_on(*await connection.read_response(timeout=math.inf))
        finally:
            self._connection = None
            self._heard.clear()
            await connection.disconnect(nowait=True)

    def _pass_on(self, kind: bytes, channel: bytes, data: bytes | int) -> None:
        """What Redis says: `subscribe` and `unsubscribe` beside the messages."""
        name = channel.decode()
        for listener in self._listeners.get(name, ()):
            if kind == b"message":
                listener.tell(data)
            elif kind == b"subscribe":
                self._heard.add(name)
                listener.begin()


_ears: WeakKeyDictionary[asyncio.AbstractEventLoop, Ear] = WeakKeyDictionary()
