"""What each process's database role cannot do, whatever its code says (design §1)."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from approvals.models import ApprovalRequest, Decision, Grant
from approvals.queries import grants_of
from countersign.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_open(team, editor):
    return team.open()


def denied(team, role, do, why="permission denied") -> None:
    with team.as_role(role), team.context(), pytest.raises(Error, match=why), transaction.atomic():
        do()


@pytest.mark.parametrize("role", ["engine", "tools"])
def test_only_web_inserts_decisions(team, editor, request_open, role):
    denied(team, role, lambda: Decision.objects.create(
        request=request_open, user=editor, verdict="approve", revision=1, plan_hash=request_open.plan_hash, roles=[]))


@pytest.mark.parametrize("role", ["engine", "tools"])
def test_only_web_makes_grants(team, request_open, role):
    denied(team, role, lambda: Grant.objects.create(
        request=request_open, call_id="a", tool="t", arguments_hash="h", token="t", not_before=now(), expires_at=now()))


@pytest.mark.parametrize("role", ["web", "engine", "tools"])
def test_nobody_changes_or_removes_a_decision(team, editor, request_open, role):
    decision = team.decide(request_open, editor, "reject")
    denied(team, role, lambda: Decision.objects.filter(id=decision.id).update(verdict="approve"))
    denied(team, role, lambda: Decision.objects.filter(id=decision.id)._raw_delete("default"))


@pytest.mark.parametrize("status", ["approved", "changes_requested"])
def test_the_engine_never_settles_positively(team, request_open, status):
    denied(team, "engine", lambda: ApprovalRequest.objects.filter(id=request_open.id).update(status=status),
           why="may not settle")
    with team.as_role("engine"), team.context():
        ApprovalRequest.objects.filter(id=request_open.id).update(status="cancelled")


@pytest.mark.parametrize("role", ["web", "engine", "tools"])
@pytest.mark.parametrize("change", [{"plan_hash": "other"}, {"plan": {}}, {"policy": {}}, {"shown": {}}])
def test_what_was_asked_never_changes(team, request_open, role, change):
    denied(team, role, lambda: ApprovalRequest.objects.filter(id=request_open.id).update(**change))


@pytest.mark.parametrize("role", ["web", "owner"])
def test_a_settled_request_never_reopens(team, editor, request_open, role):
    team.decide(request_open, editor, "reject")
    this = ApprovalRequest.objects.filter(id=request_open.id)
    denied(team, role, lambda: this.update(status="open"), "already rejected")


@pytest.mark.parametrize(("role", "column"), [
    ("web", "consumed_at"), ("engine", "consumed_at"), ("tools", "revoked_at")])
def test_only_tools_consumes_and_tools_revokes_nothing(team, editor, request_open, role, column):
    team.decide(request_open, editor)
    with team.context():
        grant = grants_of(request_open.id)[0]
    denied(team, role, lambda: Grant.objects.filter(id=grant.id).update(**{column: now()}))


def test_a_grants_words_never_change(team, editor, request_open):
    team.decide(request_open, editor)
    for role in ("web", "engine", "tools"):
        denied(team, role, lambda: Grant.objects.filter(request=request_open).update(token="forged"))


def test_every_table_is_under_forced_row_level_security():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
                       "WHERE relname LIKE 'approvals\\_%' AND relkind = 'r'")
        tables = dict(cursor.fetchall())
    assert len(tables) == 10
    assert all(tables.values())
