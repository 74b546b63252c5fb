"""Services, roles and databases for the suite. Each xdist worker has a database and a Redis database of its own.

Tests sign in as the owner and then *become* a process's role: `web` unless they say otherwise (`as_role`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

PROCESS_ROLES = ("web", "engine", "tools")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The owner may become each process's role, in the tests' cluster alone."""
    import psycopg

    from countersign.embedded.postgres import SUPERUSER

    superuser = os.environ["COUNTERSIGN_TEST_DATABASE"].replace("owner@", f"{SUPERUSER}@")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"GRANT {', '.join(PROCESS_ROLES)} TO owner")


@contextlib.contextmanager
def as_role(role: str) -> Iterator[None]:
    """Do what follows with the rights of that process's role (`owner` prepares and cleans)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {before}")


@pytest.fixture(name="as_role")
def as_role_fixture():
    return as_role


@pytest.fixture(autouse=True)
def _web_role(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that uses the database runs as `web`; it is prepared and cleaned as the owner."""
    name = next((n for n in ("transactional_db", "db") if n in request.fixturenames), None)
    marked = request.node.get_closest_marker("django_db")
    if not name and not marked:
        yield
        return
    request.getfixturevalue("transactional_db" if marked and marked.kwargs.get("transaction") else name or "db")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE web")
    yield
    if connection.connection and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
