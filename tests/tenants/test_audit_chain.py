import pytest

from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import Actor, AuditLink, record, verify_chain

pytestmark = pytest.mark.django_db


def write(tenant, *actions):
    with tenant_context(tenant.id):
        return [record(action=action, subject=("run", new_id()), actor=Actor.system("engine"), data={"n": 1})
                for action in actions]


def test_entries_are_linked_in_order(make_tenant):
    tenant = make_tenant()
    write(tenant, "run.started", "run.waiting", "run.completed")
    report = verify_chain(tenant.id)
    assert (report.ok, report.entries) == (True, 3)
    with tenant_context(tenant.id):
        assert list(AuditLink.objects.order_by("sequence").values_list("sequence", "entry__action")) == [
            (1, "run.started"), (2, "run.waiting"), (3, "run.completed")]
        assert AuditLink.objects.latest("sequence").hash == report.head
