"""Opening a request: once per plan, one open at a time, for exactly this plan."""

from __future__ import annotations

import pytest
from django.db import Error, transaction

from approvals.errors import RevisionChanged
from approvals.models import ApprovalRequest, Assignment, RequestRule
from approvals.plans import plan_hash, read_plan
from approvals.queries import grants_of
from approvals.services import Subject, cancel_requests, open_request
from approvals.signals import request_settled
from countersign.doorbells.models import Outbox
from countersign.errors import Invalid
from countersign.ids import new_id
from tenants.audit import Actor

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def test_it_asks_everyone_who_may_decide_and_nobody_else(team, editor):
    team.role("Legal")
    team.person("lawyer", "Legal")
    other = team.person("other", "Editor")
    request = team.open()
    with team.context():
        assert set(Assignment.objects.values_list("user_id", "open")) == {(editor.id, True), (other.id, True)}
        assert list(RequestRule.objects.values_list("request_id", "role_id")) == [(request.id, team.roles["Editor"].id)]


def test_the_same_plan_again_is_the_same_request(team, editor):
    assert team.open().id == team.open().id
    with team.context():
        assert (ApprovalRequest.objects.count(), Assignment.objects.count()) == (1, 1)


def test_it_stays_the_same_request_after_it_settled(team, editor):
    request = team.open()
    team.decide(request, editor, "reject")
    assert (team.open().id, team.open().status) == (request.id, "rejected")


def test_a_newer_revision_supersedes_without_settling(team, editor):
    heard = []
    request_settled.connect(listen := lambda sender, request, **_: heard.append(request.id))
    old, new = team.open(), team.open(revision=2)
    request_settled.disconnect(listen)
    assert (team.status(old), team.status(new), heard) == ("superseded", "open", [])
    with team.context():
        assert list(Assignment.objects.filter(open=True).values_list("request_id", flat=True)) == [new.id]


def test_a_newer_revision_takes_back_what_an_older_one_released(team, editor):
    old = team.open()
    team.decide(old, editor)
    team.open(revision=2)
    with team.context():
        assert [g.status for g in grants_of(old.id)] == ["revoked"]
    assert team.status(old) == "approved"


def test_decisions_on_the_old_revision_are_void(team, editor):
    other = team.person("other", "Editor")
    team.decide(team.open({"Editor": 2}), editor)
    new = team.open({"Editor": 2}, revision=2)
    team.decide(new, other)
    assert team.status(new) == "open"
    team.decide(new, editor)
    assert team.status(new) == "approved"


def test_the_same_revision_with_other_arguments_is_another_plan(team, editor):
    first = team.open(calls=[team.call("one")])
    second = team.open(calls=[team.call("two")])
    assert (first.id != second.id, team.status(first)) == (True, "superseded")
    with pytest.raises(RevisionChanged):
        team.decide(second, editor, plan_hash=first.plan_hash)


@pytest.mark.parametrize("change", [
    lambda call: call["arguments"].update(content="It rained!"),
    lambda call: call.update(tool="email.send"),
    lambda call: call.update(schema_hash="sha256:other"),
    lambda call: call.update(id="other"),
])
def test_the_hash_covers_everything_that_executes(team, change):
    plan = team.plan(team.policy(), team.call())
    before = plan_hash(plan)
    change(plan["calls"][0])
    assert plan_hash(plan) != before


@pytest.mark.parametrize("wrong", [
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {}}] * 2},
    {"calls": [{"id": "A b", "tool": "t", "schema_hash": "s", "arguments": {}}]},
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {"n": float("nan")}}]},
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {"n": 2**60}}]},
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {"n": 1e21}}]},
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {"n": "\0"}}]},
    {"calls": [{"id": "a", "tool": "t", "schema_hash": "s", "arguments": {"n": "\ud800"}}]},
    {"calls": [], "more": 1},
])
def test_what_is_no_plan_is_refused(wrong):
    with pytest.raises(Invalid) as refused:
        read_plan({"version": "v", "policy_hash": "p", **wrong})
    assert refused.value.fields[0]["field"].startswith("plan")


def test_what_the_database_keeps_has_the_hash_that_was_approved(team, editor):
    call = team.call() | {"arguments": {"f": 0.1, "whole": 1.0, "tiny": 1e-9, "text": "ü\u2028\\u0000", "list": [None]}}
    request = team.open(calls=[call])
    with team.context():
        kept = ApprovalRequest.objects.get(id=request.id)
    assert plan_hash(kept.plan) == kept.plan_hash == request.plan_hash
    team.decide(request, editor)
    assert team.status(request) == "approved"


def test_a_plan_for_another_policy_is_refused(team):
    policy, other = team.policy(), team.policy(hold_seconds=1)
    with team.context(), pytest.raises(Invalid, match="cannot be used"):
        open_request(scope=team.scope, subject=team.subject, gate="g", revision=1, plan=team.plan(other), policy=policy,
                     shown={}, title="t", started_by=None, authors=[])


@pytest.mark.parametrize(("shown", "field"), [
    ({"draft": "a\0b"}, "shown"), ({"draft": 1}, "shown.draft"), ({"html": ""}, "shown.html")])
def test_what_cannot_be_shown_is_refused(team, shown, field):
    policy = team.policy()
    with team.context(), pytest.raises(Invalid) as refused:
        open_request(scope=team.scope, subject=team.subject, gate="g", revision=1, plan=team.plan(policy),
                     policy=policy, shown=shown, title="t", started_by=None, authors=[])
    assert refused.value.fields[0]["field"] == field


def test_a_plan_without_calls_may_be_approved(team, editor):
    request = team.open(calls=[])
    team.decide(request, editor)
    assert team.status(request) == "approved"
    with team.context():
        assert grants_of(request.id) == []


def test_two_open_requests_of_one_gate_cannot_exist(team):
    first = team.open()
    first.id, first.revision = new_id(), 2
    with team.as_role("engine"), team.context(), pytest.raises(Error, match="request_open_once"), transaction.atomic():
        first.save(force_insert=True)


class TestCancel:
    def test_it_closes_what_is_open_and_revokes_what_was_not_used(self, team, editor):
        approved = team.open()
        team.decide(approved, editor)
        heard = []
        request_settled.connect(listen := lambda sender, request, **_: heard.append((request.id, request.status)))
        with team.as_role("engine"), team.context():
            cancel_requests(team.subject, SYSTEM)
            assert [g.status for g in grants_of(approved.id)] == ["revoked"]
        open_one = team.open(subject=(other := Subject("run", new_id())), revision=3)
        with team.context():
            assert [r.id for r in cancel_requests(other, SYSTEM)] == [open_one.id]
            assert cancel_requests(other, SYSTEM) == []
        request_settled.disconnect(listen)
        assert (team.status(approved), heard) == ("approved", [(open_one.id, "cancelled")])


class TestExpiry:
    def test_it_is_promised_for_its_time_and_withdrawn_when_the_request_closes(self, team, editor):
        request = team.open(expires_after_hours=3)
        row = Outbox.objects.get(topic="request_expiry")
        assert (row.subject_id, row.due_at) == (request.id, request.expires_at)
        team.decide(request, editor, "reject")
        assert not Outbox.objects.filter(topic="request_expiry").exists()
