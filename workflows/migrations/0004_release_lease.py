"""Letting go of a lease refuses whoever does not hold it, as holding it for a save does: nobody has to read an answer
before the next statement."""

from django.db import migrations

RELEASE_LEASE = """
CREATE FUNCTION workflows_release_lease(run uuid, held bigint, untried boolean, kept boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE doorbells_lease SET expires_at = NULL, token_hash = '',
        claims = CASE WHEN untried THEN greatest(claims - 1, 0) WHEN kept THEN claims ELSE 0 END
    WHERE subject_id = run AND epoch = held AND expires_at IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease on run % is no longer held at epoch %', run, held USING ERRCODE = 'CS001';
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0003_published_versions")]

    operations = [
        migrations.RunSQL(RELEASE_LEASE, "DROP FUNCTION workflows_release_lease(uuid, bigint, boolean, boolean)")]
