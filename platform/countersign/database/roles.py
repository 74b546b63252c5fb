"""The database's roles: made by whoever prepares it, checked by every process that starts (design §3)."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from countersign.environment import ConfigurationError

PROCESS_ROLES = ("web", "engine", "tools")


def role_password(secret: str, role: str) -> str:
    """Each role's password follows from the installation's secret, so that nothing more has to be kept."""
    return hmac.new(secret.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


def role_url(url: str, role: str, secret: str) -> str:
    """The same database's address, signed in as `role`."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(role_password(secret, role))}@{host}"))


def ensure_roles(url: str, *, secret: str) -> None:
    """Make web, engine, tools and backup, without any right beyond signing in. Safe to repeat.

    `url` signs in as a role that may create roles. `backup` bypasses row-level security to dump and restore, which
    only a superuser may allow: where the owner is none, that one is left to the operator.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        existing = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        may_bypass = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()[0]
        connection.execute("SELECT pg_advisory_lock(hashtext('countersign.roles'))")
        for role in PROCESS_ROLES + (("backup",) if may_bypass else ()):
            verb = "ALTER" if role in existing else "CREATE"
            strength = "BYPASSRLS" if role == "backup" else "NOINHERIT"
            connection.execute(sql.SQL(f"{verb} ROLE {{}} LOGIN {strength} PASSWORD {{}}").format(
                sql.Identifier(role), sql.Literal(role_password(secret, role))))
        if may_bypass:
            connection.execute("GRANT pg_read_all_data TO backup")


def refuse_stronger_role(expected: str) -> None:
    """Raises ConfigurationError when this process signed in as another role than its own, or as one too strong."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT current_user, session_user, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb,
                   EXISTS (SELECT FROM pg_class
                           WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace),
                   EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
            FROM pg_roles WHERE rolname = current_user""")
        current, session, strong, owner, member = cursor.fetchone()
    connection.close()
    if (current, session) != (expected, expected):
        raise ConfigurationError(f"Countersign refuses to start: this process must sign in as {expected!r}, "
                                 f"not {session!r}.")
    if strong or owner or member:
        raise ConfigurationError(f"Countersign refuses to start: the role {current!r} is stronger than it may be "
                                 "(superuser, BYPASSRLS, CREATEROLE, CREATEDB, an owner, or a member of another role).")
