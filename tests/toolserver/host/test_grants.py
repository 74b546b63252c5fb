"""Nothing acts unapproved (design §5.1): every way of asking without a grant for exactly this call is refused."""

from datetime import timedelta

import pytest
from django.conf import settings

from approvals.models import Grant
from approvals.services import Subject, cancel_requests, remove_role_member
from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.grants import GRANT, GrantClaims, sign_grant
from countersign.ids import new_id
from countersign.signing import SigningKey, VerifyKey, verify_token
from tenants.audit import Actor

ARGUMENTS = {"name": "letter.md", "content": "Hello"}


@pytest.fixture
def approved(team, planned):
    return team.approve([planned()])


@pytest.fixture
def refused(team, host):
    """`refused(answer, code)`: the gate said so, and nothing happened, and no grant was used up."""

    def check(answer: dict, code: str) -> None:
        assert answer["error"]["data"] | {"code": code} == answer["error"]["data"], answer
        assert not team.entries()
        assert not (host.artifacts / str(team.tenant.id)).exists()
        with tenant_context(team.tenant.id):
            assert not Grant.objects.exclude(consumed_at=None).exists()

    return check


def resigned(token: str, key: SigningKey | None = None, **changes) -> str:
    """A grant that says something else, signed by the web process's own key unless another is given."""
    claims = verify_token(token, [VerifyKey.load(text) for text in settings.GRANT_VERIFY_KEYS], kind=GRANT)
    return sign_grant(GrantClaims.model_validate(claims | changes), key or SigningKey.load(settings.GRANT_SIGNING_KEY))


def test_with_its_grant_the_call_is_made(team, worker, approved, host):
    answer = worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    assert answer["result"]["_meta"]["countersign/outcome"] == "done"
    assert answer["result"]["structuredContent"]["size"] == 5
    assert (host.artifacts / str(team.tenant.id) / str(team.run) / "letter.md").read_text() == "Hello"
    entry, = team.entries()
    assert (entry.state, entry.attempts) == ("done", 1)
    with tenant_context(team.tenant.id):
        assert Grant.objects.get(id=entry.grant_id).consumed_at


@pytest.mark.parametrize("changes", [
    {"countersign/grant": None}, {"countersign/grant": ""}, {"countersign/grant": {"sub": "me"}}])
def test_without_a_grant(worker, approved, refused, changes):
    meta = approved.meta("publish") | changes
    refused(worker.call("files.write", ARGUMENTS, {k: v for k, v in meta.items() if v is not None}), "grant_required")


def test_without_an_idempotency_key(worker, approved, refused):
    meta = approved.meta("publish", **{"countersign/idempotency_key": None})
    refused(worker.call("files.write", ARGUMENTS, meta), "idempotency_key_required")


@pytest.mark.parametrize("arguments", [
    {"name": "letter.md", "content": "Hello!"}, {"name": "letter.md"}, {}, {"name": "other.md", "content": "Hello"},
    {"name": "letter.md", "content": "Hello", "more": None}])
def test_with_other_arguments(worker, approved, refused, arguments):
    refused(worker.call("files.write", arguments, approved.meta("publish")), "grant_arguments_differ")


def test_with_another_teams_grant(make_team, team, worker, approved, planned, refused):
    other = make_team("other")
    other.run = team.run
    theirs = other.approve([planned()])
    refused(worker.call("files.write", ARGUMENTS, theirs.meta("publish")), "grant_wrong_tenant")
    moved = resigned(theirs.grants["publish"], tenant=str(team.tenant.id))
    meta = theirs.meta("publish") | {"countersign/grant": moved}
    refused(worker.call("files.write", ARGUMENTS, meta), "grant_unknown")


def test_with_another_runs_grant(team, worker_of, approved, refused):
    team.hold_run()
    refused(worker_of(team).call("files.write", ARGUMENTS, approved.meta("publish")), "grant_wrong_run")


def test_with_a_forged_grant(worker, approved, refused):
    good = approved.grants["publish"]
    for token in (resigned(good, key=SigningKey.generate()), good[:-4] + "AAAA", "nonsense"):
        meta = approved.meta("publish") | {"countersign/grant": token}
        refused(worker.call("files.write", ARGUMENTS, meta), "grant_forged")


@pytest.mark.parametrize(("changes", "code"), [
    ({"tool": "email.send"}, "grant_wrong_tool"),
    ({"schema_hash": "sha256:0"}, "grant_schema_changed"),
    ({"expires": (now() - timedelta(seconds=1)).isoformat()}, "grant_expired"),
    ({"not_before": (now() + timedelta(hours=1)).isoformat()}, "grant_not_yet_valid"),
    ({"id": str(new_id())}, "grant_unknown"),
    ({"call": "another"}, "grant_wrong_call"),
    ({"request": str(new_id())}, "grant_wrong_call"),
])
def test_with_a_grant_that_is_truly_signed_but_for_something_else(worker, approved, refused, changes, code):
    token = resigned(approved.grants["publish"], **changes)
    refused(worker.call("files.write", ARGUMENTS, approved.meta("publish") | {"countersign/grant": token}), code)


def test_while_it_is_held(team, worker, planned, refused):
    approved = team.approve([planned()], hold_seconds=3600)
    refused(worker.call("files.write", ARGUMENTS, approved.meta("publish")), "grant_not_yet_valid")


def test_once_it_is_revoked(team, worker, approved, refused):
    with tenant_context(team.tenant.id):
        cancel_requests(Subject("run", team.run), Actor.of(team.editor))
    refused(worker.call("files.write", ARGUMENTS, approved.meta("publish")), "grant_revoked")


def test_once_the_approver_lost_the_right(team, worker, approved, refused):
    with tenant_context(team.tenant.id):
        remove_role_member(role=team.role, user=team.editor, actor=Actor.of(team.admin))
    refused(worker.call("files.write", ARGUMENTS, approved.meta("publish")), "grant_approver_gone")


def test_replayed_under_another_key(team, worker, approved):
    assert "result" in worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    again = worker.call("files.write", ARGUMENTS, approved.meta("publish", **{"countersign/idempotency_key": "mine"}))
    assert again["error"]["data"]["code"] == "grant_wrong_call"
    assert len(team.entries()) == 1


def test_used_up_without_an_entry(team, worker, approved, as_role):
    """A grant whose use left no entry (it cannot be; the check does not rest on that) acts no more."""
    with as_role("tools"), tenant_context(team.tenant.id):
        Grant.objects.update(consumed_at=now())
    answer = worker.call("files.write", ARGUMENTS, approved.meta("publish"))
    assert answer["error"]["data"]["code"] == "grant_used"
    assert not team.entries()


def test_the_callers_own_word_on_the_run_counts_for_nothing(team, worker, planned, refused):
    mine, team.run = team.run, new_id()
    foreign = team.approve([planned()])
    meta = foreign.meta("publish", **{"countersign/run": str(team.run)})
    team.run = mine
    refused(worker.call("files.write", ARGUMENTS, meta), "grant_wrong_run")
