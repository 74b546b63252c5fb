import pytest
from django.db import Error, connection, transaction

from countersign.database.context import TenantMixed, tenant_context
from tenants.models import Membership, MembershipRole, Tenant, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_tenants():
    return Tenant.objects.create(slug="a", name="A"), Tenant.objects.create(slug="b", name="B")


def test_without_a_context_there_are_no_rows_and_none_can_be_written(two_tenants):
    user = User.objects.create_user("x@example.org")
    with tenant_context(two_tenants[0].id):
        Membership.objects.create(user=user, role=MembershipRole.OWNER)
        assert Membership.objects.count() == 1
    assert Membership.objects.count() == 0
    with pytest.raises(Error, match="row-level security"), transaction.atomic():
        Membership.objects.create(tenant=two_tenants[0], user=user, role=MembershipRole.OWNER)


def test_another_tenants_rows_do_not_exist(two_tenants):
    first, second = two_tenants
    with tenant_context(first.id):
        Membership.objects.create(user=User.objects.create_user("x@example.org"), role=MembershipRole.OWNER)
    with tenant_context(second.id):
        assert not Membership.objects.filter(tenant=first).exists()


def test_two_tenants_never_share_a_transaction(two_tenants):
    first, second = two_tenants
    with tenant_context(first.id), pytest.raises(TenantMixed), tenant_context(second.id):
        pass


def test_the_code_under_test_runs_as_its_process_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("web",)
