"""Statements that every run says: bound and prepared by the server, and sent without waiting where nothing is read.

The ORM composes a query anew each time and sends it as text; Postgres plans it anew. Under row-level security both
cost several times what running it does (a look-up of who may decide: 3 ms of Python against 0.2). What is said a few
times a minute is the ORM's; what every run says is said here, in the caller's transaction, and rows stay models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor
from psycopg.types.json import Jsonb

from countersign.database.pipelines import together

M = TypeVar("M", bound=models.Model)
Parameters = Sequence[Any] | Mapping[str, Any]
Converters = list[tuple[int, Callable[..., Any]]]  # and of which column


def tell(query: str, parameters: Parameters = ()) -> None:
    """Execute what nobody reads an answer of. In a `pipelined` block a fault shows at its end."""
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    if here.queries_logged:
        _cursor().execute(query, parameters)
        return
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        _teller_of(here.connection).execute(query, parameters)


def ask(query: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """The rows."""
    cursor = _cursor()
    cursor.execute(query, parameters)
    return cursor.fetchall()


def asked(query: str, parameters: Parameters = ()) -> Callable[[], list[tuple[Any, ...]]]:
    """Ask now, read later: for several questions in one `pipelined` block."""
    cursor = _cursor()
    cursor.execute(query, parameters)
    return cursor.fetchall


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model; ids and defaults are the models' own. In a `gathered` block, at its end."""
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    gathering = _gathering.get()
    if gathering is not None:
        gathering += rows
    elif rows:
        _insert(rows)


@contextmanager
def gathered() -> Iterator[None]:
    """Rows that are inserted in this block go out at its end, in one statement: nobody reads them before. Inside
    another such block, that one's end is meant."""
    if _gathering.get() is not None:
        yield
        return
    rows: list[models.Model] = []
    token = _gathering.set(rows)
    try:
        yield
    finally:
        _gathering.reset(token)
    if rows:
        push()
        _insert(rows)


_gathering: ContextVar[list[models.Model] | None] = ContextVar("gathering", default=None)


def _insert(rows: Sequence[models.Model]) -> None:
    tables: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    tell(_insert_of(tuple((model, len(several)) for model, several in tables.items())), [
        _value(row, name, field) for model, several in tables.items()
        for row in several for name, field in _fields_of(model)])


def update(row: models.Model, *attributes: str) -> None:
    """Write these attributes of a row that exists."""
    fields = dict(_fields_of(type(row)))
    tell(_update_of(type(row), attributes), [*(_value(row, name, fields[name]) for name in attributes), row.pk])


def load(model: type[M], condition: str, parameters: Parameters) -> list[M]:
    """Rows as models: `condition` is what follows FROM, such as `WHERE id = %s FOR NO KEY UPDATE`."""
    return loading(model, condition, parameters)()


def loading(model: type[M], condition: str, parameters: Parameters) -> Callable[[], list[M]]:
    """`load` later what is asked now: for several questions in one `pipelined` block."""
    query, names, converters = _select_of(model)
    rows = asked(f"{query} {condition}", parameters)
    return lambda: [_model(model, names, converters, row) for row in rows()]


def load_together(tables: Mapping[str, type[models.Model]], source: str, parameters: Parameters
                  ) -> list[tuple[Any, ...]]:
    """Rows of several tables at once, as models: `source` is what follows FROM, and calls each as `tables` does.

    Of what a LEFT JOIN did not find there is a row without an id.
    """
    return loading_together(tables, source, parameters)()


def loading_together(tables: Mapping[str, type[models.Model]], source: str, parameters: Parameters
                     ) -> Callable[[], list[tuple[Any, ...]]]:
    """`load_together` later what is asked now."""
    columns, parts = _columns_of(tuple(tables.items()))
    rows = asked(f"SELECT {columns} FROM {source}", parameters)

    def read() -> list[tuple[Any, ...]]:
        found = []
        for row in rows():
            values = iter(row)
            found.append(tuple(_model(model, names, converters, list(islice(values, len(names))))
                               for model, names, converters in parts))
        return found

    return read


@contextmanager
def pipelined() -> Iterator[None]:
    """Statements in this block go out without waiting for one another's answers; its end waits, and raises the first
    fault. Whoever reads an answer inside waits for that one. Inside another such block, that one's end is meant.

    What asks how many rows it changed (`save(update_fields=…)`) cannot be told in here.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    raw = here.connection
    if raw.pgconn.pipeline_status:
        yield
        return
    with here.wrap_database_errors, together(raw):
        yield


def push() -> None:
    """Send what a `pipelined` block keeps: the database works on it while the rest is made."""
    pipeline = connections[DEFAULT_DB_ALIAS].connection._pipeline
    if pipeline is not None:
        pipeline.push()


@contextmanager
def pipelined_transaction() -> Iterator[None]:
    """A transaction in one `pipelined` block: its COMMIT goes out with what comes before it. Inside another transaction
    it is that one's savepoint, as ever."""
    with transaction.atomic(), pipelined_to_commit():
        yield


@contextmanager
def pipelined_to_commit() -> Iterator[None]:
    """A `pipelined` block that a transaction ends with: nothing comes between its end and the COMMIT, which goes out
    with it."""
    with pipelined():
        yield
        here = connections[DEFAULT_DB_ALIAS]
        if len(here.atomic_blocks) == 1 and not here.needs_rollback:
            _teller_of(here.connection).execute("COMMIT")  # Django's own, after this, finds nothing to commit


def _cursor() -> CursorWrapper:
    """As `connection.cursor()` makes them, but bound by the server."""
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    cursor = ServerBindingCursor(here.connection)
    return here.make_debug_cursor(cursor) if here.queries_logged else here.make_cursor(cursor)


_tellers: WeakKeyDictionary[Connection, Cursor] = WeakKeyDictionary()


def _teller_of(raw: Connection) -> Cursor:
    """A connection's own cursor for what has no answer: to make one each time costs as much as to use it."""
    teller = _tellers.get(raw)
    if teller is None:
        teller = _tellers[raw] = ServerBindingCursor(raw)
    return teller


@cache
def _fields_of(model: type[models.Model]) -> list[tuple[str, models.Field | None]]:
    """Attributes in the columns' order, with the field of those whose type the driver cannot tell by the value."""
    return [(field.attname, field if isinstance(field, models.JSONField | ArrayField) else None)
            for field in model._meta.local_concrete_fields]


def _value(row: models.Model, name: str, field: models.Field | None) -> Any:
    value = getattr(row, name)
    if field is None or value is None:
        return value
    if isinstance(field, models.JSONField) and field.encoder is None:
        return Jsonb(value)
    return field.get_db_prep_save(value, connection)


@cache
def _update_of(model: type[models.Model], attributes: tuple[str, ...]) -> str:
    columns = {field.attname: field.column for field in model._meta.local_concrete_fields}
    settings = ", ".join(f"{column} = %s" for column in _quoted([columns[name] for name in attributes]))
    return f'UPDATE "{model._meta.db_table}" SET {settings} WHERE "{model._meta.pk.column}" = %s'


@cache
def _insert_of(tables: tuple[tuple[type[models.Model], int], ...]) -> str:
    """Of several tables, all but the last are inserted in a WITH; foreign keys are looked at by the commit."""
    *others, last = [_insert_into(model, count) for model, count in tables]
    parts = ", ".join(f"part_{number} AS ({each})" for number, each in enumerate(others))
    return f"WITH {parts} {last}" if others else last


def _insert_into(model: type[models.Model], count: int) -> str:
    columns = [field.column for field in model._meta.local_concrete_fields]
    row = f"({', '.join(['%s'] * len(columns))})"
    return (f'INSERT INTO "{model._meta.db_table}" ({", ".join(_quoted(columns))}) '
            f"VALUES {', '.join([row] * count)}")


@cache
def _select_of(model: type[models.Model]) -> tuple[str, list[str], Converters]:
    fields = model._meta.concrete_fields
    converters = [(place, field.from_db_value) for place, field in enumerate(fields) if hasattr(field, "from_db_value")]
    columns = ", ".join(_quoted([field.column for field in fields]))
    return f'SELECT {columns} FROM "{model._meta.db_table}"', [field.attname for field in fields], converters


def _model(model: type[M], names: list[str], converters: Converters, row: Sequence[Any]) -> M:
    if converters:
        row = list(row)
        for place, convert in converters:
            row[place] = convert(row[place], None, connections[DEFAULT_DB_ALIAS])
    return model.from_db(DEFAULT_DB_ALIAS, names, row)


@cache
def _columns_of(tables: tuple[tuple[str, type[models.Model]], ...]) -> tuple[str, list[tuple]]:
    columns = [f'{alias}."{field.column}"' for alias, model in tables for field in model._meta.concrete_fields]
    return ", ".join(columns), [(model, *_select_of(model)[1:]) for _, model in tables]


def _quoted(names: Sequence[str]) -> list[str]:
    return [f'"{name}"' for name in names]
