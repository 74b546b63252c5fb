"""Which process role may do what to which table. Each app states its own in `<app>/privileges.py`:

    PRIVILEGES = {"Run": {"web": "SELECT, INSERT, UPDATE", "tools": "SELECT (id, tenant_id)"}}

Keys are model names, or table names for tables without a model. Functions that run with their owner's rights are
stated beside them: `FUNCTIONS = {"name(text)": ("web",)}`. What is not stated is revoked. Applied after every
`migrate`, so the database always equals the code; safe to repeat.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.db import connections

ROLES = ("web", "engine", "tools")

# Tables of libraries. Sessions, sign-in and object permissions are the web process's; the engine reads who may decide.
LIBRARY_PRIVILEGES = {
    "django_session": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "django_content_type": dict.fromkeys(ROLES, "SELECT"),
    "django_migrations": dict.fromkeys(ROLES, "SELECT"),
    "auth_permission": dict.fromkeys(ROLES, "SELECT"),
    "auth_group": {"web": "SELECT, INSERT, DELETE", "engine": "SELECT", "tools": "SELECT"},
    "auth_group_permissions": dict.fromkeys(ROLES, "SELECT"),
    "account_emailaddress": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "account_emailconfirmation": {"web": "SELECT, INSERT, UPDATE, DELETE"},
    "mfa_authenticator": {"web": "SELECT, INSERT, UPDATE, DELETE"},
}
LIBRARY_APPS = {"sessions": ["django_session"], "contenttypes": ["django_content_type", "django_migrations"],
                "auth": ["auth_permission", "auth_group", "auth_group_permissions"],
                "account": ["account_emailaddress", "account_emailconfirmation"], "mfa": ["mfa_authenticator"]}


def declared_privileges(app: AppConfig) -> dict[str, dict[str, str]]:
    """Table name -> role -> privileges, for one app."""
    tables = {table: LIBRARY_PRIVILEGES[table] for table in LIBRARY_APPS.get(app.label, [])}
    if find_spec(f"{app.name}.privileges") is None:
        return tables
    for key, by_role in import_module(f"{app.name}.privileges").PRIVILEGES.items():
        table = app.get_model(key)._meta.db_table if key.lower() in app.models else key
        tables[table] = by_role
    return tables


def declared_functions(app: AppConfig) -> dict[str, tuple[str, ...]]:
    """Function signature -> the roles that may call it, for one app."""
    if find_spec(f"{app.name}.privileges") is None:
        return {}
    return getattr(import_module(f"{app.name}.privileges"), "FUNCTIONS", {})


def all_declared_privileges() -> dict[str, dict[str, str]]:
    return {table: by_role for app in apps.get_app_configs() for table, by_role in declared_privileges(app).items()}


def apply_privileges(sender: AppConfig, using: str, **_: object) -> None:
    """A `post_migrate` receiver: makes the tables' privileges equal to what the app states."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
        if cursor.fetchone()[0] < len(ROLES):
            return
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {name for (name,) in cursor.fetchall()}
        for table, by_role in declared_privileges(sender).items():
            if table not in existing:
                continue
            cursor.execute(f'REVOKE ALL ON TABLE "{table}" FROM {", ".join(ROLES)}')
            for role, privileges in by_role.items():
                cursor.execute(f'GRANT {privileges} ON TABLE "{table}" TO {role}')
                if re.search(r"\bINSERT\b", privileges):
                    _grant_sequences(cursor, table, role)
        _apply_to_functions(cursor, declared_functions(sender))


def _apply_to_functions(cursor, functions: dict[str, tuple[str, ...]]) -> None:
    for signature, roles in functions.items():
        cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [signature])
        if cursor.fetchone()[0]:
            cursor.execute(f'REVOKE ALL ON FUNCTION {signature} FROM PUBLIC, {", ".join(ROLES)}')
            cursor.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO {", ".join(roles)}')


def _grant_sequences(cursor, table: str, role: str) -> None:
    cursor.execute("""
        SELECT pg_get_serial_sequence(%s, column_name) FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = %s""", [f'"{table}"', table])
    for (sequence,) in cursor.fetchall():
        if sequence:
            cursor.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")
