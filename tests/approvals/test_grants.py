"""Grants: held, used once, revoked, replaced; and rights checked again when one is used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import Error, transaction

from approvals.errors import ApproverGone, CannotSign, NotApproved
from approvals.models import Grant
from approvals.queries import grants_of
from approvals.services import cancel_requests, consume_grant, reissue_grants, remove_role_member, set_permission
from countersign.clock import now
from countersign.grants import GRANT, GrantClaims, GrantRefused
from countersign.signing import VerifyKey, verify_token
from tenants.audit import Actor
from tenants.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def claims_of(grant) -> GrantClaims:
    keys = [VerifyKey.load(key) for key in settings.GRANT_VERIFY_KEYS]
    return GrantClaims.model_validate(verify_token(grant.token, keys, kind=GRANT))


@pytest.fixture
def approved(team, editor):
    request = team.open()
    team.decide(request, editor)
    return request


@pytest.fixture
def consume(team, as_role):
    def use(grant):
        with as_role("tools"), team.context():
            return consume_grant(claims_of(grant))

    return use


@pytest.fixture
def grant(team, approved):
    with team.context():
        return grants_of(approved.id)[0]


def refused(consume, grant) -> str:
    with pytest.raises(GrantRefused) as refusal:
        consume(grant)
    return refusal.value.code


def set_times(team, as_role, grant, **times):
    with as_role("owner"), team.context():
        Grant.objects.filter(id=grant.id).update(**times)


def test_it_is_used_once(team, consume, grant):
    assert consume(grant).status == "consumed"
    assert refused(consume, grant) == "grant_used"
    with team.context():
        assert AuditEntry.objects.filter(action="grant.consumed").count() == 1


def test_a_held_grant_waits(team, editor, consume):
    request = team.open(hold_seconds=60)
    team.decide(request, editor)
    with team.context():
        held = grants_of(request.id)[0]
    assert held.status == "held"
    assert timedelta(seconds=55) < held.not_before - now() <= timedelta(seconds=60)
    assert refused(consume, held) == "grant_not_yet_valid"


def test_a_revoked_grant_is_refused(team, consume, grant):
    with team.context():
        cancel_requests(team.subject, SYSTEM)
    assert refused(consume, grant) == "grant_revoked"


def test_an_expired_grant_is_refused(team, as_role, consume, grant):
    set_times(team, as_role, grant, expires_at=now())
    assert refused(consume, grant) == "grant_expired"


def test_a_grant_that_was_never_made_is_refused(team, consume, grant, as_role):
    with as_role("owner"), team.context():
        Grant.objects.filter(id=grant.id).delete()
    assert refused(consume, grant) == "grant_unknown"


def test_another_tenant_knows_nothing_of_it(make_team, as_role, grant):
    other = make_team("other")
    with as_role("tools"), other.context(), pytest.raises(GrantRefused) as refusal:
        consume_grant(claims_of(grant))
    assert refusal.value.code == "grant_unknown"


class TestRightsAtExecution:
    def test_an_approver_who_lost_the_role(self, team, editor, consume, grant):
        with team.context():
            remove_role_member(role=team.roles["Editor"], user=editor, actor=SYSTEM)
        assert refused(consume, grant) == "grant_approver_gone"

    def test_an_approver_who_left(self, team, editor, consume, grant):
        with team.context():
            Membership.objects.filter(user=editor).delete()
        assert refused(consume, grant) == "grant_approver_gone"

    def test_an_approver_who_is_no_longer_active(self, editor, consume, grant):
        editor.is_active = False
        editor.save(update_fields=["is_active"])
        assert refused(consume, grant) == "grant_approver_gone"

    def test_a_role_that_may_no_longer_decide(self, team, consume, grant):
        with team.context():
            set_permission(team.scope, team.roles["Editor"], ["view"], SYSTEM)
        assert refused(consume, grant) == "grant_approver_gone"

    def test_others_who_meet_the_policy_are_enough(self, team, editor, consume):
        team.role("Legal")
        both = team.person("both", "Editor", "Legal")
        request = team.open({"Editor": 1, "Legal": 1})
        team.decide(request, editor)
        team.decide(request, both)
        with team.context():
            grant = grants_of(request.id)[0]
            remove_role_member(role=team.roles["Editor"], user=both, actor=SYSTEM)
        assert consume(grant).status == "consumed"


class TestReissue:
    def test_only_what_ran_out_unused_is_signed_anew(self, team, editor, as_role, consume):
        request = team.open(calls=[team.call(id=name) for name in ("used", "expired", "valid")])
        team.decide(request, editor)
        with team.context():
            used, expired, valid = grants_of(request.id)
        consume(used)
        set_times(team, as_role, expired, expires_at=now())
        with team.context():
            after = reissue_grants(request, SYSTEM)
            assert [g.id for g in reissue_grants(request, SYSTEM)] == [g.id for g in after]
        assert [(g.call_id, g.status) for g in after] == [
            ("used", "consumed"), ("expired", "valid"), ("valid", "valid")]
        assert (after[0].id, after[2].id) == (used.id, valid.id)
        assert refused(consume, expired) == "grant_expired"
        assert consume(after[1]).status == "consumed"

    def test_a_used_one_whose_time_is_over_is_replaced_for_another_try(self, team, as_role, approved, grant, consume):
        consume(grant)
        set_times(team, as_role, grant, expires_at=now())
        with team.context():
            after = reissue_grants(approved, SYSTEM)
        assert [(g.call_id, g.status) for g in after] == [(grant.call_id, "valid")]
        assert after[0].id != grant.id
        assert refused(consume, grant) == "grant_used"

    def test_rights_are_checked_again(self, team, editor, as_role, approved, grant):
        set_times(team, as_role, grant, expires_at=now())
        with team.context():
            remove_role_member(role=team.roles["Editor"], user=editor, actor=SYSTEM)
            with pytest.raises(ApproverGone):
                reissue_grants(approved, SYSTEM)

    def test_what_was_revoked_stays_revoked(self, team, approved, grant, as_role):
        set_times(team, as_role, grant, expires_at=now())
        with team.context():
            cancel_requests(team.subject, SYSTEM)
            assert [g.id for g in reissue_grants(approved, SYSTEM)] == [grant.id]

    def test_a_request_that_nobody_approved_has_none(self, team, editor):
        with team.context(), pytest.raises(NotApproved):
            reissue_grants(team.open(), SYSTEM)

    def test_only_web_signs(self, team, approved, grant, as_role, settings):
        set_times(team, as_role, grant, expires_at=now())
        settings.GRANT_SIGNING_KEY = ""
        with team.context(), pytest.raises(CannotSign):
            reissue_grants(approved, SYSTEM)


@pytest.mark.parametrize("mark", ["consumed_at", "revoked_at"])
def test_no_mark_is_ever_taken_back(team, as_role, grant, mark):
    set_times(team, as_role, grant, **{mark: now()})
    refusal = pytest.raises(Error, match="already consumed or revoked")
    with as_role("owner"), team.context(), refusal, transaction.atomic():
        Grant.objects.filter(id=grant.id).update(**{mark: None})
