"""The audit chain: linked at commit, by the database alone; whatever is altered shows."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import GENESIS, Actor, AuditEntry, AuditLink, record, verify_chain
from tenants.audit.recording import NoTenant

pytestmark = pytest.mark.django_db
ENGINE = Actor.system("engine")


def write(tenant, *actions, **data):
    with tenant_context(tenant.id):
        return [record(action=action, subject=("run", new_id()), actor=ENGINE, data=data) for action in actions]


def write_links():
    """What the end of a transaction does."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def chain(make_tenant):
    tenant = make_tenant()
    write(tenant, "run.started", "run.waiting", "run.completed", n=1)
    write_links()
    return tenant


@pytest.fixture
def tamper(chain, as_role):
    """Do as the database's owner, in SQL, what no process may."""

    def run(statement, *parameters):
        with as_role("owner"), tenant_context(chain.id), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            assert cursor.rowcount == 1

    return run


def test_entries_are_linked_in_order(chain):
    report = verify_chain(chain.id)
    assert (report.ok, report.entries, report.first_fault) == (True, 3, None)
    with tenant_context(chain.id):
        links = AuditLink.objects.order_by("sequence")
        links = list(links.values_list("sequence", "entry__action", "prev_hash", "hash"))
    assert [link[:2] for link in links] == [(1, "run.started"), (2, "run.waiting"), (3, "run.completed")]
    assert [link[2] for link in links] == [GENESIS, links[0][3], links[1][3]]
    assert links[2][3] == report.head


@pytest.mark.django_db(transaction=True)
def test_a_long_chain_is_walked_in_pages_and_holds_no_connection_between_them(make_tenant, monkeypatch):
    from tenants.audit import chain as walked

    monkeypatch.setattr(walked, "PAGE", 2)
    tenant, held = make_tenant(), []
    write(tenant, *["run.started"] * 5)
    monkeypatch.setattr(walked, "_fault", lambda link, fault=walked._fault, **expected: (
        held.append(connection.connection), fault(link, **expected))[1])
    assert (verify_chain(tenant.id).ok, verify_chain(tenant.id).entries) == (True, 5)
    assert held == [None] * 10


def test_an_entry_says_who_what_and_when(make_tenant, make_user):
    tenant, user, subject = make_tenant(), make_user(), new_id()
    with tenant_context(tenant.id):
        entry = record(action="run.started", subject=("run", subject), actor=Actor.of(user),
                       data={"version": subject, "at": datetime(2026, 1, 2, tzinfo=UTC), "list": [{"b": 1, "a": None}]})
        entry.refresh_from_db()
    assert (entry.actor_kind, entry.actor_id, entry.subject_type, entry.subject_id) == ("user", user.id, "run", subject)
    assert entry.data == {"version": str(subject), "at": "2026-01-02T00:00:00Z", "list": [{"a": None, "b": 1}]}


def test_without_a_context_nothing_is_recorded():
    with pytest.raises(NoTenant):
        record(action="run.started", subject=("run", new_id()), actor=ENGINE)


def test_tenants_have_chains_of_their_own(chain, make_tenant):
    other = make_tenant("other")
    write(other, "run.started")
    assert (verify_chain(other.id).entries, verify_chain(chain.id).entries) == (1, 3)


def test_this_transactions_own_entries_are_verified_too(chain):
    write(chain, "run.started")
    assert verify_chain(chain.id).entries == 4


def test_an_empty_chain_is_whole(make_tenant):
    report = verify_chain(make_tenant().id)
    assert (report.ok, report.entries, report.head) == (True, 0, GENESIS)


NOBODY = "01a00000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(("column", "value"), [
    ("at", "2001-01-01T00:00:00Z"), ("action", "run.failed"), ("subject_type", "tenant"), ("subject_id", NOBODY),
    ("actor_kind", "user"), ("actor_id", NOBODY), ("actor_via", "web"), ("body", "{}"), ("body", "not json"),
])
def test_an_altered_entry_is_found(chain, tamper, column, value):
    tamper(f"UPDATE tenants_auditentry SET {column} = %s WHERE action = 'run.waiting'", value)
    report = verify_chain(chain.id)
    assert not report.ok
    assert (report.first_fault.code, report.first_fault.sequence, report.entries) == ("entry_altered", 2, 1)


def test_an_entry_rewritten_together_with_its_body_is_found(chain, tamper):
    with tenant_context(chain.id):
        body = AuditEntry.objects.get(action="run.waiting").body.replace("run.waiting", "run.failed")
    tamper("UPDATE tenants_auditentry SET body = %s, action = 'run.failed' WHERE action = 'run.waiting'", body)
    assert verify_chain(chain.id).first_fault.code == "entry_altered"


@pytest.mark.parametrize(("change", "code"), [
    ("UPDATE tenants_auditlink SET hash = repeat('a', 64) WHERE sequence = 2", "entry_altered"),
    ("UPDATE tenants_auditlink SET prev_hash = repeat('a', 64) WHERE sequence = 2", "link_altered"),
    ("UPDATE tenants_auditlink SET sequence = 9 WHERE sequence = 2", "link_missing"),
    ("DELETE FROM tenants_auditlink WHERE sequence = 2", "link_missing"),
    ("DELETE FROM tenants_auditlink WHERE sequence = 3", "link_missing"),
])
def test_an_altered_link_is_found(chain, tamper, change, code):
    tamper(change)
    assert verify_chain(chain.id).first_fault.code == code


def test_a_deleted_entry_is_found(chain, tamper, as_role):
    with as_role("owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_auditlink DROP CONSTRAINT audit_link_of_entry")
    tamper("DELETE FROM tenants_auditentry WHERE action = 'run.completed'")
    assert verify_chain(chain.id).first_fault.code == "entry_missing"


def test_an_entry_cut_out_with_its_link_is_found(chain, tamper):
    tamper("DELETE FROM tenants_auditlink WHERE sequence = 2")
    tamper("DELETE FROM tenants_auditentry WHERE action = 'run.waiting'")
    assert verify_chain(chain.id).first_fault.sequence == 3


@pytest.mark.parametrize("role", ["web", "engine", "tools"])
@pytest.mark.parametrize("statement", [
    "UPDATE tenants_auditentry SET action = 'x'", "DELETE FROM tenants_auditentry",
    "TRUNCATE tenants_auditentry CASCADE",
    "UPDATE tenants_auditlink SET hash = 'x'", "DELETE FROM tenants_auditlink",
    "INSERT INTO tenants_auditlink SELECT * FROM tenants_auditlink",
    "ALTER TABLE tenants_auditentry DISABLE TRIGGER ALL", "SELECT tenants_write_audit_link()",
])
def test_no_process_may_touch_it(chain, as_role, role, statement):
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with as_role(role), tenant_context(chain.id), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("role", ["web", "engine", "tools"])
def test_every_process_may_record(make_tenant, as_role, role):
    tenant = make_tenant()
    with as_role(role):
        write(tenant, "run.started")
        write_links()
        assert verify_chain(tenant.id).entries == 1


def test_what_is_undone_leaves_no_trace(chain):
    def fail():
        with tenant_context(chain.id):
            record(action="run.failed", subject=("run", new_id()), actor=ENGINE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    write(chain, "run.cancelled")
    report = verify_chain(chain.id)
    assert (report.ok, report.entries) == (True, 4)


@pytest.mark.django_db(transaction=True)
def test_transactions_at_the_same_moment_make_one_chain(make_tenant):
    tenant, other = make_tenant(), make_tenant("other")
    writers, rounds, together = 4, 5, threading.Barrier(4, timeout=60)
    failures = []

    def work():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE web")
            for _ in range(rounds):
                with tenant_context(tenant.id):
                    record(action="run.started", subject=("run", new_id()), actor=ENGINE)
                    record(action="run.completed", subject=("run", new_id()), actor=ENGINE)
                    together.wait()  # all have written, none has committed
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    write(other, "run.started")
    for thread in threads:
        thread.join()
    assert failures == []
    report = verify_chain(tenant.id)
    assert (report.ok, report.entries) == (True, writers * rounds * 2)
    assert verify_chain(other.id).entries == 1
    with tenant_context(tenant.id):
        sequences = list(AuditLink.objects.order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, writers * rounds * 2 + 1))
