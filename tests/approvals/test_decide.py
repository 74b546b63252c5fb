"""One decision function: who may decide, what a verdict does, and what it never does twice."""

from __future__ import annotations

import pytest
from django.conf import settings

from approvals.errors import (
    AlreadyDecided,
    CannotSign,
    MachinesDoNotApprove,
    NotEligible,
    ReasonRequired,
    RequestClosed,
    RevisionChanged,
)
from approvals.models import Decision, Grant
from approvals.queries import grants_of
from approvals.signals import request_settled
from countersign.canonical import content_hash
from countersign.clock import now
from countersign.grants import verify_grant
from countersign.signing import VerifyKey
from tenants.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled():
    """Which requests settled, and as what."""
    heard = []

    def listen(sender, *, request, **_):
        heard.append((request.id, request.status))

    request_settled.connect(listen)
    yield heard
    request_settled.disconnect(listen)


def test_an_approval_settles_the_request_and_signs_one_grant_per_call(team, editor, settled):
    calls = [team.call("one"), team.call("two", id="archive")]
    request = team.open(calls=calls)
    team.decide(request, editor, comment="Good.")
    assert team.status(request) == "approved"
    assert settled == [(request.id, "approved")]
    with team.context():
        grants = grants_of(request.id)
    assert [(g.call_id, g.tool, g.status) for g in grants] == [
        ("publish", "files.write", "valid"), ("archive", "files.write", "valid")]
    keys = [VerifyKey.load(key) for key in settings.GRANT_VERIFY_KEYS]
    for grant, call in zip(grants, calls, strict=True):
        claims = verify_grant(grant.token, keys, tenant=team.tenant.id, run=team.subject.id, tool="files.write",
                              schema_hash=call["schema_hash"], arguments=call["arguments"], at=now())
        assert (claims.id, claims.request, claims.call, claims.revision) == (grant.id, request.id, call["id"], 1)
        assert grant.arguments_hash == content_hash(call["arguments"])


def test_a_rejection_settles_at_once_and_grants_nothing(team, editor, settled):
    team.person("other", "Editor")
    request = team.open({"Editor": 2})
    team.decide(request, editor, "reject", comment="No.")
    assert settled == [(request.id, "rejected")]
    with team.context():
        assert not Grant.objects.exists()


def test_a_request_for_changes_settles_at_once_and_needs_words(team, editor, settled):
    request = team.open()
    with pytest.raises(ReasonRequired) as refused:
        team.decide(request, editor, "request_changes", comment="  ")
    assert refused.value.fields[0]["field"] == "comment"
    team.decide(request, editor, "request_changes", comment="Shorter, please.")
    assert settled == [(request.id, "changes_requested")]


def test_a_policy_may_ask_for_a_reason_with_every_verdict(team, editor):
    request = team.open(reason_required=True)
    with pytest.raises(ReasonRequired):
        team.decide(request, editor)
    team.decide(request, editor, comment="Checked the sources.")
    assert team.status(request) == "approved"


def test_the_same_verdict_again_is_the_decision_already_made(team, editor, settled):
    request = team.open()
    first = team.decide(request, editor)
    again = team.decide(request, editor)
    assert (again.id, first.repeated, again.repeated) == (first.id, False, True)
    assert len(settled) == 1
    with team.context():
        assert (Decision.objects.count(), Grant.objects.count()) == (1, 1)


def test_another_verdict_of_the_same_person_is_refused_while_the_request_is_open(team, editor):
    team.person("other", "Editor")
    request = team.open({"Editor": 2})
    team.decide(request, editor)
    with pytest.raises(AlreadyDecided):
        team.decide(request, editor, "reject")
    assert team.status(request) == "open"


def test_a_closed_request_takes_no_decision(team, editor):
    other = team.person("other", "Editor")
    request = team.open()
    team.decide(request, editor, "reject")
    with pytest.raises(RequestClosed) as refused:
        team.decide(request, other)
    assert refused.value.data["status"] == "rejected"


def test_a_decision_on_an_older_revision_names_the_current_one(team, editor):
    old = team.open()
    new = team.open(revision=2)
    with pytest.raises(RevisionChanged) as refused:
        team.decide(old, editor)
    assert refused.value.data["current"] == {
        "id": str(new.id), "revision": 2, "plan_hash": new.plan_hash, "status": "open"}
    assert (team.status(old), team.status(new)) == ("superseded", "open")


@pytest.mark.parametrize("looked_at", [{"revision": 2}, {"plan_hash": content_hash("another plan")}])
def test_a_decision_names_exactly_what_was_looked_at(team, editor, looked_at):
    request = team.open()
    with pytest.raises(RevisionChanged):
        team.decide(request, editor, **looked_at)
    with team.context():
        assert not Decision.objects.exists()


def test_service_accounts_are_refused(team, editor):
    request = team.open()
    editor.is_service = True
    with pytest.raises(MachinesDoNotApprove):
        team.decide(request, editor)


def test_a_process_without_the_signing_key_counts_nothing(team, editor, settings):
    request = team.open()
    settings.GRANT_SIGNING_KEY = ""
    with pytest.raises(CannotSign):
        team.decide(request, editor)
    with team.context():
        assert not Decision.objects.exists()


def test_every_step_leaves_an_audit_entry(team, editor):
    request = team.open()
    team.decide(request, editor, comment="Good.")
    with team.context():
        entries = AuditEntry.objects.filter(subject_id=request.id).order_by("id")
        assert [(e.action, e.actor_kind) for e in entries] == [
            ("request.opened", "system"), ("decision.made", "user"), ("request.approved", "user")]
        assert entries[1].data["comment"] == "Good."


def test_a_receiver_that_fails_undoes_the_decision(team, editor):
    request = team.open()

    def fail(sender, **_):
        raise ZeroDivisionError

    request_settled.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            team.decide(request, editor)
    finally:
        request_settled.disconnect(fail)
    assert team.status(request) == "open"
    with team.context():
        assert not Decision.objects.exists()


class TestEligibility:
    """Each condition alone, with the reason in words."""

    def refusal(self, team, request, by) -> str:
        with pytest.raises(NotEligible) as refused:
            team.decide(request, by)
        assert team.status(request) == "open"
        return refused.value.detail

    def test_without_the_role(self, team, editor):
        assert "takes the role Editor" in self.refusal(team, team.open(), team.person("viewer"))

    def test_with_another_role_of_the_team(self, team, editor):
        team.role("Legal")
        lawyer = team.person("lawyer", "Legal")
        assert "takes the role Editor" in self.refusal(team, team.open(), lawyer)

    def test_with_a_role_that_may_not_decide_on_the_scope(self, team, editor):
        team.role("Legal", decides=False)
        lawyer = team.person("lawyer", "Legal")
        assert "Your role Legal may not decide" in self.refusal(team, team.open({"Legal": 1}), lawyer)

    def test_owners_and_admins_need_the_role_too(self, team, editor):
        owner = team.person("owner", membership="owner")
        assert "takes the role Editor" in self.refusal(team, team.open(), owner)

    def test_whoever_started_the_run(self, team, editor):
        request = team.open(started_by=editor, exclude_starter=True)
        assert self.refusal(team, request, editor) == "You started this run."

    def test_authors(self, team, editor):
        request = team.open(authors=[editor], exclude_authors=True)
        assert self.refusal(team, request, editor) == "You wrote or edited what is shown."

    def test_starter_and_authors_may_decide_where_the_policy_lets_them(self, team, editor):
        request = team.open(started_by=editor, authors=[editor])
        team.decide(request, editor)
        assert team.status(request) == "approved"

    def test_people_who_are_not_active(self, team, editor):
        request = team.open()
        editor.is_active = False
        editor.save(update_fields=["is_active"])
        assert "do not belong" in self.refusal(team, request, editor)

    def test_people_who_left_even_if_they_still_hold_the_role(self, team, editor):
        request = team.open()
        with team.context():
            Membership.objects.filter(user=editor).delete()
        assert "do not belong" in self.refusal(team, request, editor)

    def test_people_of_another_team(self, team, make_team, editor):
        other = make_team("other")
        other.role("Editor")
        stranger = other.person("editor", "Editor")
        assert "do not belong" in self.refusal(team, team.open(), stranger)
