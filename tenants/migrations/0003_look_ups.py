"""What must be found before its tenant is known: a token and an invitation, each by the hash of its secret.

The functions run as the tables' owner. Row-level security is forced upon the owner too, so each table has one policy
more, for the owner alone, that shows the one row whose hash the function asks for.
"""

from django.db import migrations

LOOK_UP = """
CREATE POLICY look_up ON {table} FOR SELECT TO CURRENT_ROLE
    USING (token_hash = NULLIF(current_setting('app.look_up', true), ''));
CREATE FUNCTION {function}(wanted text) RETURNS SETOF {table}
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
BEGIN
    PERFORM set_config('app.look_up', wanted, true);
    RETURN QUERY SELECT * FROM public.{table} WHERE token_hash = wanted LIMIT 1;
    PERFORM set_config('app.look_up', '', true);
END $$;
REVOKE ALL ON FUNCTION {function}(text) FROM PUBLIC;
"""
UNDO = "DROP FUNCTION {function}(text); DROP POLICY look_up ON {table};"
LOOK_UPS = {"tenants_apitoken": "tenants_token_of_hash", "tenants_invitation": "tenants_invitation_of_hash"}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_audit_chain")]
    operations = [
        migrations.RunSQL(LOOK_UP.format(table=table, function=function), UNDO.format(table=table, function=function))
        for table, function in LOOK_UPS.items()
    ]
