"""Secrets stay put (design §5.5): who may read what, and what does not open anywhere else."""

import base64

import pytest
from django.db import ProgrammingError, connection, transaction

from countersign.database.context import tenant_context
from countersign.ids import new_id
from countersign.sealing import CannotOpen, seal, unseal
from toolserver.host import vault
from toolserver.host.configuration import tenant_configuration
from toolserver.host.errors import VaultLocked
from toolserver.host.models import Credential, LedgerEntry, LedgerResolution, TenantKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _vault_key(settings):
    settings.VAULT_KEY = base64.urlsafe_b64encode(b"v" * 32).decode().rstrip("=")


@pytest.fixture
def keyed(make_tenant, as_role):
    """A tenant whose key pair the host has made."""
    tenant = make_tenant()
    with as_role("tools"):
        vault.public_key(tenant.id)
    return tenant


def test_a_pair_is_made_once_and_what_is_sealed_to_it_opens(keyed, as_role):
    credential = new_id()
    with as_role("tools"):
        public, private = vault.public_key(keyed.id), vault.private_key(keyed.id)
        assert public == vault.public_key(keyed.id)
    box = seal({"a": 1}, public_key=public, tenant=keyed.id, credential=credential, version=1)
    assert unseal(box, private_key=private, tenant=keyed.id, credential=credential, version=1) == {"a": 1}
    for other in ({"tenant": new_id()}, {"credential": new_id()}, {"version": 2}):
        with pytest.raises(CannotOpen):
            unseal(box, private_key=private, **{"tenant": keyed.id, "credential": credential, "version": 1, **other})


def test_the_private_half_is_never_stored_in_the_clear(keyed, as_role):
    with as_role("tools"):
        private = vault.private_key(keyed.id)
        with tenant_context(keyed.id):
            row = TenantKey.objects.get()
    assert private not in bytes(row.wrapped_private_key)
    assert private not in bytes(row.public_key)


def test_a_wrapped_key_opens_for_its_own_tenant_alone(keyed, make_tenant, as_role):
    other = make_tenant("other")
    with as_role("tools"):
        with tenant_context(keyed.id):
            stolen = TenantKey.objects.get()
        with tenant_context(other.id):
            TenantKey.objects.create(public_key=stolen.public_key, wrapped_private_key=stolen.wrapped_private_key)
        with pytest.raises(VaultLocked):
            vault.private_key(other.id)


def test_another_vault_key_opens_nothing(keyed, settings, as_role):
    settings.VAULT_KEY = base64.urlsafe_b64encode(b"w" * 32).decode()
    with as_role("tools"), pytest.raises(VaultLocked):
        vault.private_key(keyed.id)


def test_a_process_is_told_its_own_tenants_secrets_alone(keyed, make_tenant, as_role):
    other = make_tenant("other")
    for tenant, name in ((keyed, "mine"), (other, "theirs")):
        with tenant_context(tenant.id):
            Credential.objects.bulk_create([Credential(name=name, kind="model_key", sealed=b"box")])
    with as_role("tools"):
        told = tenant_configuration(keyed.id)
    assert [credential["name"] for credential in told["credentials"]] == ["mine"]
    assert told["tenant"] == str(keyed.id)


READS = {"TenantKey.public_key": (TenantKey, "public_key"), "TenantKey.wrapped": (TenantKey, "wrapped_private_key"),
         "Credential.name": (Credential, "name"), "Credential.sealed": (Credential, "sealed"),
         "LedgerEntry": (LedgerEntry, "state")}
MAY_READ = {"web": {"TenantKey.public_key", "Credential.name", "LedgerEntry"}, "engine": {"LedgerEntry"},
            "tools": set(READS)}


@pytest.mark.parametrize("role", MAY_READ)
@pytest.mark.parametrize("what", READS)
def test_who_may_read_what(keyed, as_role, role, what):
    model, column = READS[what]
    with as_role(role), tenant_context(keyed.id):
        if what in MAY_READ[role]:
            list(model.objects.values_list(column, flat=True))
            return
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            list(model.objects.values_list(column, flat=True))


WRITES = {
    "a ledger entry": f"INSERT INTO {LedgerEntry._meta.db_table} DEFAULT VALUES",
    "a ledger entry's outcome": f"UPDATE {LedgerEntry._meta.db_table} SET state = 'done'",
    "a ledger entry's end": f"DELETE FROM {LedgerEntry._meta.db_table}",
    "a word on a call": f"INSERT INTO {LedgerResolution._meta.db_table} DEFAULT VALUES",
    "another word on a call": f"UPDATE {LedgerResolution._meta.db_table} SET happened = true",
    "a key pair": f"INSERT INTO {TenantKey._meta.db_table} DEFAULT VALUES",
    "another key pair": f"UPDATE {TenantKey._meta.db_table} SET public_key = ''",
    "a credential": f"INSERT INTO {Credential._meta.db_table} DEFAULT VALUES",
    "a credential's box": f"UPDATE {Credential._meta.db_table} SET sealed = ''",
}
MAY_WRITE = {"web": {"a word on a call", "a credential", "a credential's box"}, "engine": set(),
             "tools": {"a ledger entry", "a ledger entry's outcome", "a key pair"}}


@pytest.mark.parametrize("role", MAY_WRITE)
@pytest.mark.parametrize("what", WRITES)
def test_who_may_write_what(keyed, as_role, role, what):
    """Only the privilege is asked for: what may be written fails, if at all, for want of values."""
    with as_role(role), tenant_context(keyed.id), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        try:
            cursor.execute(WRITES[what])
            refused = False
        except ProgrammingError as error:
            refused = "permission denied" in str(error)
        except Exception:
            refused = False
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert refused == (what not in MAY_WRITE[role])
