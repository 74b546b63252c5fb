"""The engine's own few connections, borrowed for one save at a time. Nothing that waits for a model holds one."""

from __future__ import annotations

import atexit
import threading

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[Connection[DictRow]]

_pool: Pool | None = None
_lock = threading.Lock()


def engine_pool(*, most: int = 8) -> Pool:
    """The process's pool, opened when it is first needed. `most` counts then, and not again."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = open_pool(connection.settings_dict, most=most)
            atexit.register(_pool.close)
        return _pool


def connect_alone() -> Connection[DictRow]:
    """A connection like the pool's that is in no pool, and is quick to find that the database is away."""
    return psycopg.connect(engine_pool().conninfo, autocommit=True, row_factory=dict_row, connect_timeout=2,
                           options="-c timezone=UTC -c statement_timeout=3000")


def check_pools() -> None:
    """Throw away what the pools of this process keep from before the database was away."""
    engine_pool().check()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.pool.check()


def open_pool(database: dict, *, most: int) -> Pool:
    """A pool on the address of a DATABASES entry. Sessions autocommit: each save opens its own transaction."""
    conninfo = make_conninfo(dbname=database["NAME"], user=database["USER"], password=database["PASSWORD"] or None,
                             host=database["HOST"] or None, port=database["PORT"] or None,
                             application_name=database["OPTIONS"].get("application_name"), connect_timeout=5,
                             options="-c timezone=UTC -c statement_timeout=30000 "
                                     "-c idle_in_transaction_session_timeout=60000")
    return ConnectionPool(conninfo, open=True, name="engine", connection_class=Connection[DictRow],
                          kwargs={"autocommit": True, "row_factory": dict_row},
                          **{**settings.DATABASE_POOL, "max_size": most})
