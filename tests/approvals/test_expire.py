"""A request whose time is over closes, and is closed before anyone came to mark it so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.errors import RequestClosed
from approvals.models import ApprovalRequest
from approvals.services import expire_request
from approvals.signals import request_settled
from countersign.doorbells.models import Outbox
from countersign.doorbells.services import ring_for_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_due(team, editor, as_role):
    request = team.open(expires_after_hours=1)
    with as_role("owner"), team.context():
        ApprovalRequest.objects.filter(id=request.id).update(expires_at=request.expires_at - timedelta(hours=2))
        Outbox.objects.filter(subject_id=request.id).update(due_at=request.expires_at - timedelta(hours=2))
    return request


def test_nobody_decides_late(team, editor, request_due):
    with pytest.raises(RequestClosed) as refused:
        team.decide(request_due, editor)
    assert refused.value.data["status"] == "expired"


def test_the_engine_expires_it_and_tells(team, request_due, as_role):
    heard = []
    request_settled.connect(listen := lambda sender, request, **_: heard.append(request.status))
    with as_role("engine"):
        for _ in range(2):
            expire_request(tenant_id=team.tenant.id, request_id=request_due.id)
    request_settled.disconnect(listen)
    assert (team.status(request_due), heard) == ("expired", ["expired"])
    assert not Outbox.objects.filter(topic="request_expiry").exists()


def test_the_scheduler_finds_it_without_knowing_the_tenant(team, request_due, as_role, monkeypatch):
    from approvals import actors

    rung = []
    monkeypatch.setattr(actors.expire, "send", lambda *ids: rung.append(ids))
    monkeypatch.setattr(actors.send_notice, "send", lambda *ids: None)
    with as_role("engine"):
        ring_for_due()
    assert rung == [(str(team.tenant.id), str(request_due.id))]


def test_before_its_time_nothing_happens(team, editor, as_role):
    request = team.open(expires_after_hours=1)
    with as_role("engine"):
        expire_request(tenant_id=team.tenant.id, request_id=request.id)
    assert team.status(request) == "open"
    assert Outbox.objects.filter(topic="request_expiry").count() == 1
