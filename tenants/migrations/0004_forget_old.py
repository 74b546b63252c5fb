"""What is of no use any more is deleted for all tenants at once, by a process that may not read it.

The function runs as the tables' owner. Row-level security is forced upon the owner too, so both tables of kept answers
have two policies more, for the owner alone, that let it find and delete what is older than a day while it runs.
"""

from django.db import migrations, models

OLD = "created_at < now() - interval '24 hours' AND current_setting('app.forget', true) = 'on'"
POLICIES = f"""
CREATE POLICY find_old ON {{table}} FOR SELECT TO CURRENT_ROLE USING ({OLD});
CREATE POLICY forget_old ON {{table}} FOR DELETE TO CURRENT_ROLE USING ({OLD});
"""
UNDO_POLICIES = "DROP POLICY find_old ON {table}; DROP POLICY forget_old ON {table};"
FORGET = """
CREATE FUNCTION tenants_forget_old(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    deleted integer;
    largest integer := 0;
BEGIN
    PERFORM set_config('app.forget', 'on', true);
    DELETE FROM public.tenants_replay WHERE id IN (
        SELECT id FROM public.tenants_replay WHERE created_at < now() - interval '24 hours' LIMIT most);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    largest := greatest(largest, deleted);
    DELETE FROM public.tenants_personreplay WHERE id IN (
        SELECT id FROM public.tenants_personreplay WHERE created_at < now() - interval '24 hours' LIMIT most);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    largest := greatest(largest, deleted);
    DELETE FROM public.django_session WHERE session_key IN (
        SELECT session_key FROM public.django_session WHERE expire_date < now() LIMIT most);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    PERFORM set_config('app.forget', '', true);
    RETURN greatest(largest, deleted);
END $$;
REVOKE ALL ON FUNCTION tenants_forget_old(integer) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_look_ups"), ("sessions", "0001_initial")]
    operations = [
        migrations.AddIndex("replay", models.Index(fields=["created_at"], name="replay_age")),
        migrations.AddIndex("personreplay", models.Index(fields=["created_at"], name="person_replay_age")),
        *(migrations.RunSQL(POLICIES.format(table=table), UNDO_POLICIES.format(table=table))
          for table in ("tenants_replay", "tenants_personreplay")),
        migrations.RunSQL(FORGET, "DROP FUNCTION tenants_forget_old(integer)"),
    ]
