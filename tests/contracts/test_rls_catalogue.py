"""Design §3 against the database itself: every table, unique index, foreign key, function and view that exists.

A new table under row-level security needs nothing here. One that is not must stand in a list below, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection, models, transaction

pytestmark = pytest.mark.django_db

OWN = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
MINE = "(user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)"
OF_HASH = "((token_hash)::text = NULLIF(current_setting('app.look_up'::text, true), ''::text))"
OLD = ("((created_at < (now() - '24:00:00'::interval)) AND "
       "(current_setting('app.forget'::text, true) = 'on'::text))")
NO_TENANT = "((NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid IS NULL)"

# Read before a tenant is known, or no tenant's.
OPEN_TABLES = {
    "tenants_tenant": "a request's slug is looked up here before its tenant is known; holds slug and name",
    "tenants_user": "people belong to several tenants, and sign in before one is known",
    "tenants_user_user_permissions": "Django's, of people; nothing here writes it",
    "account_emailaddress": "sign-in: whose address it is, and whether that is proven",
    "account_emailconfirmation": "sign-in",
    "mfa_authenticator": "sign-in",
    "django_session": "sign-in",
    "auth_group": "named by an approver role's id, no word of a tenant's; who is in it stands in tenants_groupmember",
    "auth_group_permissions": "Django's, of groups; nothing here writes it",
    "auth_permission": "names that the code states",
    "django_content_type": "names that the code states",
    "django_migrations": "Django's own",
    "checkpoint_migrations": "LangGraph's own: a version number",
    "guardian_userobjectpermission": "guardian's generic table: no role has any right to it, ours are per scope",
    "guardian_groupobjectpermission": "guardian's generic table: no role has any right to it, ours are per scope",
}
# Read before a tenant is known: they hold ids, due times, hashes and counters, nothing else.
DOORBELL_TABLES = {
    "doorbells_outbox": "work that was promised",
    "doorbells_lease": "who works on a run",
}
DOORBELL_TYPES = {"uuid", "timestamp with time zone", "integer", "bigint", "boolean"}
DOORBELL_WORDS = {"topic"}
# Rows of a person rather than a tenant: the one policy compares the person.
PERSONAL_TABLES = {"tenants_personreplay": "answers to what a person asked before there was a tenant"}
# Policies besides `tenant_rows`, each with what it is for, what it shows and to whom.
MORE_POLICIES = {
    ("tenants_membership", "also_readable"): ("SELECT", f"({MINE} AND {NO_TENANT})", "public",
                                              "outside any tenant, one's own memberships: which teams are mine?"),
    ("tenants_apitoken", "look_up"): ("SELECT", OF_HASH, "owner",
                                      "the token that the look-up function asks for, and no other"),
    ("tenants_invitation", "look_up"): ("SELECT", OF_HASH, "owner", "the invitation that the function asks for"),
    **{(table, name): (command, OLD, "owner", "what the pruning function deletes, while it runs")
       for table in ("tenants_replay", "tenants_personreplay")
       for name, command in (("find_old", "SELECT"), ("forget_old", "DELETE"))},
}
# A unique index elsewhere would let one tenant learn what another has.
UNIQUE_WITHOUT_TENANT = {
    "checkpoints_pkey": "LangGraph's conflict target is the thread; a CHECK makes every thread begin with its tenant",
    "checkpoint_blobs_pkey": "as above",
    "checkpoint_writes_pkey": "as above",
}
SECURITY_DEFINER = {
    "tenants_write_audit_link": "the chain's links are the database's alone to write",
    "tenants_token_of_hash": "a token is looked up before its tenant is known; returns its one row",
    "tenants_invitation_of_hash": "an invitation is looked up before its tenant is known; returns its one row",
    "tenants_forget_old": "deletes old answers and sessions of all tenants, for a process that may not read them",
}
PINNED = re.compile(r"^search_path=pg_catalog, pg_temp$")


def rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def faults() -> list[str]:
    """What does not hold, one line each, beginning with the name of the thing."""
    checks = (table_faults, policy_faults, unique_faults, reference_faults, function_faults, view_faults)
    return [fault for check in checks for fault in check()]


def columns() -> dict[str, dict[str, tuple[str, bool]]]:
    """Table -> column -> its type, and whether it is NOT NULL."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, type_, required in rows("""
            SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f')
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"""):
        found.setdefault(table, {})[column] = type_, required
    return found


def owned_tables() -> set[str]:
    return set(columns()) - set(OPEN_TABLES) - set(DOORBELL_TABLES) - set(PERSONAL_TABLES)


def table_faults() -> Iterator[str]:
    protected = {name: (enabled, forced) for name, enabled, forced in rows(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind IN ('r', 'p')")}
    tables = columns()
    for table in sorted(owned_tables()):
        if tables[table].get("tenant_id") != ("uuid", True):
            yield f"{table}: has no tenant_id uuid NOT NULL"
    for table in sorted(owned_tables() | set(PERSONAL_TABLES)):
        if protected.get(table) != (True, True):
            yield f"{table}: row-level security is not enabled and forced"
    for table in sorted({*OPEN_TABLES, *DOORBELL_TABLES, *PERSONAL_TABLES} - set(tables)):
        yield f"{table}: is listed here, and does not exist"
    for table in DOORBELL_TABLES:
        for column, (type_, _) in tables[table].items():
            if type_ not in DOORBELL_TYPES and column not in DOORBELL_WORDS and not column.endswith("_hash"):
                yield f"{table}: {column} is no id, due time, hash or counter"


def policy_faults() -> Iterator[str]:
    policies = {(table, name): rest for table, name, *rest in rows("""
        SELECT tablename, policyname, permissive, cmd, array_to_string(roles, ','), qual, with_check
        FROM pg_policies""")}
    for table in sorted(owned_tables()):
        if policies.pop((table, "tenant_rows"), None) != ["PERMISSIVE", "ALL", "public", OWN, OWN]:
            yield f"{table}: has no policy tenant_rows that compares the tenant, to read and to write"
    for table in PERSONAL_TABLES:
        if policies.pop((table, "person_rows"), None) != ["PERMISSIVE", "ALL", "public", MINE, MINE]:
            yield f"{table}: has no policy person_rows that compares the person"
    for (table, name), (command, shows, roles, _reason) in MORE_POLICIES.items():
        if policies.pop((table, name), None) != ["PERMISSIVE", command, roles, shows, None]:
            yield f"{table}: its policy {name} is not the one that is listed"
    for table, name in policies:
        yield f"{table}: the policy {name} is not listed"


def unique_faults() -> Iterator[str]:
    owned = owned_tables()
    for table, index, first, primary, width in rows("""
            SELECT t.relname, i.relname, a.attname, x.indisprimary, x.indnkeyatts
            FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
            LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
            WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace"""):
        by_id = primary and first == "id" and width == 1
        if table in owned and not by_id and first != "tenant_id" and index not in UNIQUE_WITHOUT_TENANT:
            yield f"{table}: the unique index {index} does not begin with tenant_id"
    checked = {table for (table,) in rows("""
        SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'c' AND pg_get_constraintdef(oid)
        LIKE '%left%thread_id, 37) = ((tenant_id)::text || '':''::text)%'""")}
    for index in UNIQUE_WITHOUT_TENANT:
        if (table := index.removesuffix("_pkey")) not in checked:
            yield f"{table}: no CHECK makes its threads begin with their tenant"


def reference_faults() -> Iterator[str]:
    owned = owned_tables()
    references = rows("""
        SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.conname,
               ARRAY(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                     JOIN pg_attribute ON attrelid = c.conrelid AND attnum = number ORDER BY place),
               ARRAY(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(number, place)
                     JOIN pg_attribute ON attrelid = c.confrelid AND attnum = number ORDER BY place)
        FROM pg_constraint c WHERE c.contype = 'f'""")
    held = set()
    for table, target, name, source_columns, target_columns in references:
        pairs = set(zip(source_columns, target_columns, strict=True))
        if target in owned and ("tenant_id", "tenant_id") not in pairs:
            yield f"{table}: the reference {name} to {target} does not carry the tenant"
        held |= {(table, column, target) for column in source_columns}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and model._meta.managed:
                reference = (model._meta.db_table, field.column, field.remote_field.model._meta.db_table)
                if reference not in held:
                    yield f"{reference[0]}: nothing in the database holds {field.column} to {reference[2]}"


def function_faults() -> Iterator[str]:
    for name, definer, settings, acl in rows("""
            SELECT p.proname, p.prosecdef, p.proconfig, p.proacl::text[] FROM pg_proc p
            WHERE p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""):
        if not definer:
            continue
        if name not in SECURITY_DEFINER:
            yield f"{name}: runs with its owner's rights, and is not listed"
        if not any(PINNED.match(setting) for setting in settings or []):
            yield f"{name}: runs with its owner's rights on a search_path that its caller chooses"
        if acl is None or any(entry.startswith("=") for entry in acl):
            yield f"{name}: runs with its owner's rights for everybody"


def view_faults() -> Iterator[str]:
    for name, kind, options in rows("""
            SELECT relname, relkind, reloptions FROM pg_class WHERE relkind IN ('v', 'm', 'f')
            AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"""):
        if kind != "v" or "security_invoker=true" not in (options or []):
            yield f"{name}: shows rows with its owner's eyes"


@contextmanager
def changed(*statements: str) -> Iterator[None]:
    """As the owner, for as long as the block lasts."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE owner")
            for statement in statements:
                cursor.execute(statement)
        yield
        transaction.set_rollback(True)


def test_everything_is_covered():
    assert faults() == []


def test_removing_any_policy_is_noticed():
    policies = rows("SELECT tablename, policyname FROM pg_policies")
    assert len(policies) >= len(owned_tables())
    for table, policy in policies:
        with changed(f'DROP POLICY "{policy}" ON "{table}"'):
            assert [fault for fault in faults() if fault.startswith(f"{table}: ")], (table, policy)


@pytest.mark.parametrize("weaker", [
    'ALTER POLICY tenant_rows ON "{}" USING (true)',
    'ALTER POLICY tenant_rows ON "{}" WITH CHECK (true)',
    'ALTER POLICY tenant_rows ON "{}" TO web',
    'CREATE POLICY more ON "{}" FOR SELECT USING (true)',
    'ALTER TABLE "{}" DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE "{}" NO FORCE ROW LEVEL SECURITY',
    'ALTER TABLE "{}" ALTER COLUMN tenant_id DROP NOT NULL',
    'CREATE UNIQUE INDEX leak ON "{}" ((1)) WHERE false',  # rows that other tests left are no matter
])
def test_weakening_any_table_is_noticed(weaker):
    for table in sorted(owned_tables()):
        with changed(weaker.format(table)):
            assert [fault for fault in faults() if fault.startswith(f"{table}: ")], table


@pytest.mark.parametrize(("addition", "name"), [
    ("CREATE TABLE notes (id uuid PRIMARY KEY, text text)", "notes"),
    ("CREATE TABLE notes (id uuid PRIMARY KEY, tenant_id uuid NOT NULL)", "notes"),
    ("CREATE VIEW members AS SELECT * FROM tenants_membership", "members"),
    ("CREATE MATERIALIZED VIEW members AS SELECT 1 AS one", "members"),
    ("CREATE FUNCTION peep() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "peep"),
    ("ALTER TABLE doorbells_outbox ADD COLUMN payload jsonb", "doorbells_outbox"),
    ("ALTER FUNCTION tenants_token_of_hash(text) RESET search_path", "tenants_token_of_hash"),
    ("GRANT EXECUTE ON FUNCTION tenants_token_of_hash(text) TO PUBLIC", "tenants_token_of_hash"),
    ("ALTER TABLE tenants_auditlink DROP CONSTRAINT audit_link_of_entry", "tenants_auditlink"),
    ("ALTER TABLE checkpoints DROP CONSTRAINT checkpoints_thread_of_tenant", "checkpoints"),
    ("CREATE TABLE tags (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, "
     "entry uuid REFERENCES tenants_auditentry (id))", "tags"),
])
def test_what_is_not_covered_is_noticed(addition, name):
    with changed(addition):
        assert [fault for fault in faults() if fault.startswith(f"{name}: ")]


def test_an_honest_view_is_fine():
    with changed("CREATE VIEW members WITH (security_invoker = true) AS SELECT * FROM tenants_membership"):
        assert faults() == []
