"""What the table privileges cannot say: marks that are never taken back, and verdicts only web may settle."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION approvals_request_settled_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'open' AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION 'approval request % is already %', OLD.id, OLD.status USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled_once BEFORE UPDATE ON approvals_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION approvals_request_settled_once();

CREATE FUNCTION approvals_settled_by_web() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user IN ('engine', 'tools') THEN
        RAISE EXCEPTION 'the role % may not settle an approval request as %', current_user, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled_by_web BEFORE INSERT OR UPDATE ON approvals_approvalrequest
    FOR EACH ROW WHEN (NEW.status IN ('approved', 'changes_requested')) EXECUTE FUNCTION approvals_settled_by_web();

CREATE FUNCTION approvals_grant_marked_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.consumed_at IS NOT NULL AND NEW.consumed_at IS DISTINCT FROM OLD.consumed_at)
       OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
        RAISE EXCEPTION 'grant % was already consumed or revoked', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER marked_once BEFORE UPDATE ON approvals_grant
    FOR EACH ROW EXECUTE FUNCTION approvals_grant_marked_once();
"""

BACKWARD = """
DROP TRIGGER marked_once ON approvals_grant;
DROP TRIGGER settled_by_web ON approvals_approvalrequest;
DROP TRIGGER settled_once ON approvals_approvalrequest;
DROP FUNCTION approvals_grant_marked_once();
DROP FUNCTION approvals_settled_by_web();
DROP FUNCTION approvals_request_settled_once();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
