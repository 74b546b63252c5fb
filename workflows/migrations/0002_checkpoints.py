"""LangGraph's checkpoint tables, made a tenant's: row-level security, and thread ids that begin with the tenant's id."""

from django.db import migrations

from countersign.database.rls import CONTEXT_TENANT, ProtectTable

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")

# A save calls it first: the lease stays locked until the save has committed, or the save is refused as a whole.
HOLD_LEASE = """
CREATE FUNCTION workflows_hold_lease(run uuid, held bigint, progress boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF progress THEN
        UPDATE doorbells_lease SET claims = 0 WHERE subject_id = run AND epoch = held AND expires_at IS NOT NULL;
    ELSE
        PERFORM FROM doorbells_lease WHERE subject_id = run AND epoch = held AND expires_at IS NOT NULL FOR SHARE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease on run % is no longer held at epoch %', run, held USING ERRCODE = 'CS001';
    END IF;
END $$
"""


def make_tables(apps, schema_editor) -> None:
    """What `PostgresSaver.setup()` does, once, as the owner. Its indexes are built concurrently: no transaction."""
    from langgraph.checkpoint.postgres.base import MIGRATIONS

    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('countersign.checkpoints'))")
        try:
            cursor.execute(MIGRATIONS[0])
            cursor.execute("SELECT coalesce(max(v), -1) FROM checkpoint_migrations")
            for version in range(cursor.fetchone()[0] + 1, len(MIGRATIONS)):
                cursor.execute(MIGRATIONS[version])
                cursor.execute("INSERT INTO checkpoint_migrations (v) VALUES (%s)", [version])
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('countersign.checkpoints'))")


def drop_tables(apps, schema_editor) -> None:
    for table in (*TABLES, "checkpoint_migrations"):
        schema_editor.execute(f"DROP TABLE IF EXISTS {table}")


def own(table: str) -> list[migrations.RunSQL]:
    return [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD COLUMN tenant_id uuid NOT NULL DEFAULT {CONTEXT_TENANT}",
            f"ALTER TABLE {table} DROP COLUMN tenant_id"),
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_thread_of_tenant "
            "CHECK (left(thread_id, 37) = tenant_id::text || ':')",
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_thread_of_tenant"),
        ProtectTable(table),
    ]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("workflows", "0001_initial"), ("doorbells", "0001_initial"), ("tenants", "0001_initial")]

    operations = [
        migrations.RunPython(make_tables, drop_tables),
        *[operation for table in TABLES for operation in own(table)],
        migrations.RunSQL(HOLD_LEASE, "DROP FUNCTION workflows_hold_lease(uuid, bigint, boolean)"),
    ]
