"""What ran is what was published: the database itself keeps published versions as they are (design §5.6)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION workflows_version_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' AND (TG_OP = 'DELETE' OR NEW.status IN ('draft', 'published')) THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'published' AND NEW.status = 'retired'
       AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % is %: it never changes', OLD.id, OLD.status USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON workflows_version
    FOR EACH ROW EXECUTE FUNCTION workflows_version_immutable();
"""

BACKWARD = """
DROP TRIGGER immutable ON workflows_version;
DROP FUNCTION workflows_version_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_checkpoints")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
