"""Design §1 against the database itself: what each process's role may do to each table, and that it is no more."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from countersign.database.context import tenant_context
from countersign.database.privileges import ROLES, all_declared_privileges, declared_functions

pytestmark = pytest.mark.django_db

Right = tuple[str, str | None]  # a privilege, and the column it is limited to
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


def rows(statement: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def tables() -> list[str]:
    return [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]


def stated(privileges: str) -> set[Right]:
    """`SELECT, UPDATE (a, b)` as single rights."""
    found: set[Right] = set()
    for privilege, column_list in re.findall(r"([A-Z]+)\s*(?:\(([^)]*)\))?", privileges):
        found |= {(privilege, column.strip() or None) for column in column_list.split(",")}
    return found


def held() -> dict[tuple[str, str], set[Right]]:
    """(table, role) -> the rights that stand in the database; the role `public` is everybody."""
    found: dict[tuple[str, str], set[Right]] = {}
    for table, role, privilege, column in rows("""
            SELECT c.relname, coalesce(r.rolname, 'public'), a.privilege_type, NULL
            FROM pg_class c CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
            UNION ALL
            SELECT c.relname, coalesce(r.rolname, 'public'), a.privilege_type, t.attname
            FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN aclexplode(t.attacl) a
            LEFT JOIN pg_roles r ON r.oid = a.grantee
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""):
        found.setdefault((table, role), set()).add((privilege, column))
    return found


def writers(table: str, privilege: str) -> set[str]:
    """The roles that may, to the whole table or to any column of it."""
    may = "has_table_privilege(%s, %s, %s)"
    if privilege in ("INSERT", "UPDATE"):
        may = "has_any_column_privilege(%s, %s, %s)"
    return {role for role in ROLES if rows(f"SELECT {may}", role, table, privilege)[0][0]}


def test_the_database_equals_what_the_apps_state():
    declared = {(table, role): stated(privileges) for table, by_role in all_declared_privileges().items()
                for role, privileges in by_role.items()}
    in_database = held()
    pairs = {key: (declared.get(key), in_database.get(key)) for key in declared.keys() | in_database.keys()}
    assert {key: pair for key, pair in pairs.items() if pair[0] != pair[1]} == {}


def test_every_table_is_stated_or_nobodys():
    nobodys = {"checkpoint_migrations", "guardian_groupobjectpermission", "guardian_userobjectpermission"}
    assert set(tables()) - set(all_declared_privileges()) == nobodys


def test_nothing_is_stated_for_a_table_that_is_not_there():
    assert set(all_declared_privileges()) - set(tables()) == set()


@pytest.mark.parametrize(("table", "privilege", "allowed"), [
    ("approvals_decision", "INSERT", {"web"}),
    ("approvals_decision", "UPDATE", set()),
    ("approvals_decision", "DELETE", set()),
    ("approvals_grant", "INSERT", {"web"}),
    ("approvals_grant", "DELETE", set()),
    ("toolserver_ledgerentry", "INSERT", {"tools"}),
    ("toolserver_ledgerentry", "UPDATE", {"tools"}),
    ("toolserver_ledgerentry", "DELETE", set()),
    ("tenants_auditentry", "UPDATE", set()),
    ("tenants_auditentry", "DELETE", set()),
    *[("tenants_auditlink", privilege, set()) for privilege in WRITES],
    ("tenants_apitoken", "SELECT", {"web"}),
    ("tenants_membership", "INSERT", {"web"}),
    ("tenants_membership", "UPDATE", {"web"}),
    ("tenants_groupmember", "INSERT", {"web"}),
    ("tenants_user", "UPDATE", {"web"}),
    ("django_session", "SELECT", {"web"}),
    ("mfa_authenticator", "SELECT", {"web"}),
])
def test_who_alone_may(table, privilege, allowed):
    assert writers(table, privilege) == allowed


def test_only_tools_consumes_a_grant_and_nobody_alters_one():
    columns = {role: {column for privilege, column in held()["approvals_grant", role] if privilege == "UPDATE"}
               for role in ROLES}
    assert columns == {"web": {"revoked_at"}, "engine": {"revoked_at"}, "tools": {"consumed_at"}}


@pytest.mark.parametrize(("role", "statement"), [
    *[(role, f"INSERT INTO {table} DEFAULT VALUES") for role in ("engine", "tools")
      for table in ("approvals_decision", "approvals_grant")],
    *[(role, statement) for role in ("web", "engine") for statement in (
        "INSERT INTO toolserver_ledgerentry DEFAULT VALUES", "UPDATE toolserver_ledgerentry SET tenant_id = tenant_id",
        "DELETE FROM toolserver_ledgerentry")],
])
def test_the_database_refuses_who_may_not(as_role, make_tenant, role, statement):
    tenant = make_tenant()
    refused = pytest.raises(DatabaseError, match="permission denied")
    with as_role(role), tenant_context(tenant.id), refused, transaction.atomic():
        rows(statement)


def test_nobody_may_empty_a_table_or_set_triggers_or_references():
    more = {(key, right) for key, rights in held().items() for right, _ in rights
            if right in ("TRUNCATE", "TRIGGER", "REFERENCES", "MAINTAIN")}
    assert more == set()


def test_everybody_else_may_nothing():
    assert {role for _, role in held()} <= set(ROLES)


def test_functions_that_run_as_their_owner_are_for_whom_it_is_stated():
    declared = {name: set(roles) for app in apps.get_app_configs() for name, roles in declared_functions(app).items()}
    in_database = {}
    for name, arguments in rows("""
            SELECT proname, pg_get_function_identity_arguments(oid) FROM pg_proc
            WHERE prosecdef AND pronamespace = 'public'::regnamespace"""):
        types = ", ".join(part.split()[-1] for part in arguments.split(",") if part)
        signature = f"{name}({types})"
        in_database[signature] = {role for role in ROLES if rows(
            "SELECT has_function_privilege(%s, %s, 'EXECUTE')", role, signature)[0][0]}
    assert in_database == {**declared, "tenants_write_audit_link()": set()}


@pytest.mark.parametrize("role", ROLES)
def test_a_process_role_is_no_more_than_that(role):
    strength = rows("""
        SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit,
               EXISTS (SELECT FROM pg_class WHERE relowner = r.oid),
               EXISTS (SELECT FROM pg_proc WHERE proowner = r.oid),
               EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid),
               has_schema_privilege(r.oid, 'public', 'CREATE'),
               has_database_privilege(r.oid, current_database(), 'CREATE')
        FROM pg_roles r WHERE rolname = %s""", role)
    assert strength == [(False,) * 11]


def test_the_tables_owner_is_no_superuser_and_does_not_bypass_policies():
    owners = rows("""SELECT DISTINCT tableowner, rolsuper, rolbypassrls
                     FROM pg_tables JOIN pg_roles ON rolname = tableowner WHERE schemaname = 'public'""")
    assert owners == [("owner", False, False)]


def test_backup_reads_everything_and_writes_nothing():
    assert rows("SELECT rolbypassrls, rolsuper FROM pg_roles WHERE rolname = 'backup'") == [(True, False)]
    for table in tables():
        assert rows("SELECT has_table_privilege('backup', %s, 'SELECT')", table) == [(True,)]
        for privilege in WRITES:
            assert rows("SELECT has_table_privilege('backup', %s, %s)", table, privilege) == [(False,)], table
