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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """What a test has really committed is deleted after it, where there is any.

    Django's own way empties every table by TRUNCATE, and then makes content types and permissions anew: 0.3 s a test.
    """
    from django.test import TransactionTestCase

    TransactionTestCase._fixture_teardown = lambda _: _delete_all()


KEPT_TABLES = {"django_content_type", "auth_permission"}


def _delete_all() -> None:
    """As the superuser, whom no policy, trigger or reference stops; whoever still writes is waited for.

    Vacuumed, because what is dead would still be read past.
    """
    import psycopg
    from django.db import connection

    from countersign.embedded.postgres import SUPERUSER

    tables = sorted(set(connection.introspection.django_table_names(only_existing=False)) - KEPT_TABLES)
    database = connection.settings_dict
    with psycopg.connect(host=database["HOST"], dbname=database["NAME"], user=SUPERUSER, autocommit=True) as superuser:
        with superuser.transaction():
            superuser.execute("SET LOCAL session_replication_role = replica")
            superuser.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
            used = [table for (table,) in superuser.execute(
                "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND pg_relation_size(oid) > 0", [tables])]
            superuser.execute("; ".join(f"DELETE FROM {table}" for table in used) or "SELECT")
        if used:
            superuser.execute(f"VACUUM {', '.join(used)}")


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


@pytest.fixture(scope="session")
def redis_client():
    """The Redis database of this worker, empty as each test begins."""
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(redis_client) -> None:
    """What one test has sent, counted or locked out is no other's."""
    redis_client.flushdb()


@pytest.fixture
def make_tenant():
    """`make_tenant("acme")`: a tenant without members."""
    from tenants.models import Tenant

    def make(slug: str = "acme", **fields):
        with as_role("owner"):
            return Tenant.objects.create(slug=slug, **{"name": slug.title(), **fields})

    return make


@pytest.fixture
def make_user():
    """`make_user("editor@example.org")`: a person with a verified address."""
    from allauth.account.models import EmailAddress

    from tenants.models import User

    def make(email: str = "person@example.org", *, verified: bool = True, **fields):
        with as_role("owner"):
            user = User.objects.create_user(email, **fields)
            EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        return user

    return make


@pytest.fixture
def make_member(make_user):
    """`make_member(tenant, "editor@example.org", "editor")`: a person who belongs to the tenant. Returns the User."""
    from countersign.database.context import tenant_context
    from tenants.models import Membership, User

    def make(tenant, email: str = "member@example.org", role: str = "editor"):
        user = User.objects.filter(email=email).first() or make_user(email)
        with as_role("owner"), tenant_context(tenant.id):
            Membership.objects.create(user=user, role=role)
        return user

    return make


@pytest.fixture
def api():
    """`api(user)`: a client signed in as that person, in a browser's session; `api()` is signed in as nobody."""
    from rest_framework.test import APIClient

    def sign_in(user=None):
        client = APIClient()
        if user:
            client.force_login(user, backend="tenants.sign_in.SignInBackend")
        return client

    return sign_in


@pytest.fixture
def api_token():
    """`api_token(tenant, user, "runs:read", …)`: a client that sends a token of that user's with these scopes."""
    from rest_framework.test import APIClient

    from countersign.database.context import tenant_context
    from tenants.models import ApiToken
    from tenants.tokens import hash_of, new_secret

    def make(tenant, user, *scopes: str, **fields):
        secret = new_secret()
        with as_role("owner"), tenant_context(tenant.id):
            ApiToken.objects.create(user=user, created_by=user, name="test", hint=secret[:8], scopes=list(scopes),
                                    token_hash=hash_of(secret), **fields)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make
