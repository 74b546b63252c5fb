"""The engine's own few connections, borrowed for one save at a time. Nothing that waits for a model holds one."""

from __future__ import annotations

import atexit
import threading

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


def open_pool(database: dict, *, most: int) -> Pool:
    """A pool on the address of a DATABASES entry. Sessions autocommit: each save opens its own transaction."""
    conninfo = make_conninfo(dbname=database["NAME"], user=database["USER"], password=database["PASSWORD"] or None,
                             host=database["HOST"] or None, port=database["PORT"] or None,
                             application_name=database["OPTIONS"].get("application_name"),
                             options="-c timezone=UTC -c statement_timeout=30000 "
                                     "-c idle_in_transaction_session_timeout=60000")
    return ConnectionPool(conninfo, min_size=1, max_size=most, timeout=10, open=True, name="engine",
                          connection_class=Connection[DictRow],
                          kwargs={"autocommit": True, "row_factory": dict_row})
