"""A process that signed in as somebody stronger than it may be refuses to start (design §3)."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import ConnectionHandler

from countersign.database.roles import ensure_roles, refuse_stronger_role, role_password, role_url
from countersign.embedded.postgres import SUPERUSER
from countersign.environment import ConfigurationError

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
OWNER_URL = os.environ["COUNTERSIGN_TEST_DATABASE"]


@pytest.fixture
def superuser():
    """A superuser's connection to the tests' database."""
    url = OWNER_URL.replace("owner@", f"{SUPERUSER}@")
    with psycopg.connect(url, dbname=settings.DATABASES["default"]["NAME"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def role(superuser):
    """A role of this test's own, made with what the caller asks for."""
    name = f"role_{os.getpid()}"

    def make(strength: str = ""):
        superuser.execute(f"CREATE ROLE {name} LOGIN NOINHERIT {strength}")
        return name

    yield make
    superuser.execute(f"DROP OWNED BY {name}")
    superuser.execute(f"DROP ROLE {name}")


@pytest.fixture
def signed_in(monkeypatch):
    """Sign in as that role, as a process does."""
    def sign_in(name):
        handler = ConnectionHandler({"default": {**settings.DATABASES["default"], "USER": name}})
        monkeypatch.setattr("django.db.connection", handler["default"])

    return sign_in


def test_a_plain_role_may_start(role, signed_in):
    name = role()
    signed_in(name)
    refuse_stronger_role(name)


@pytest.mark.parametrize("strength", ["SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "IN ROLE web"])
def test_a_stronger_one_may_not(role, signed_in, strength):
    name = role(strength)
    signed_in(name)
    with pytest.raises(ConfigurationError, match="stronger than it may be"):
        refuse_stronger_role(name)


def test_an_owner_may_not(role, superuser, signed_in):
    name = role()
    superuser.execute(f"GRANT CREATE ON SCHEMA public TO {name}")
    superuser.execute(f"SET ROLE {name}")
    superuser.execute(f"CREATE TABLE of_{name} ()")
    superuser.execute("RESET ROLE")
    signed_in(name)
    with pytest.raises(ConfigurationError, match="stronger than it may be"):
        refuse_stronger_role(name)


def test_another_processs_role_may_not(signed_in):
    signed_in("engine")
    with pytest.raises(ConfigurationError, match="must sign in as 'web', not 'engine'"):
        refuse_stronger_role("web")


@pytest.mark.parametrize(("process", "command"), [
    ("web", ["web"]), ("worker", ["worker", "--queue", "runs"]), ("scheduler", ["scheduler"]),
    ("toolserver", ["toolserver"]),
])
def test_no_process_starts_as_the_owner(process, command):
    environment = {**os.environ, "COUNTERSIGN_PROCESS": process, "DATABASE_URL": OWNER_URL}
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode != 0
    assert "Countersign refuses to start" in done.stderr


def test_roles_are_made_with_passwords_of_their_own_and_may_be_made_again():
    ensure_roles(OWNER_URL.replace("owner@", f"{SUPERUSER}@"), secret=settings.SECRET_KEY)
    passwords = {role_password(settings.SECRET_KEY, role) for role in ("web", "engine", "tools", "backup")}
    assert len(passwords) == 4
    url = role_url(OWNER_URL, "web", settings.SECRET_KEY)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles "
                                  "WHERE rolname = current_user").fetchone() == ("web", False, False)
