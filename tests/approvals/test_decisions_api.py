"""The inbox, the page that matters, and deciding, over HTTP."""

from __future__ import annotations

import pytest

from approvals.models import Decision
from approvals.services import Subject, set_permission
from countersign.canonical import content_hash
from countersign.ids import new_id
from tenants.audit import Actor
from tenants.models import Membership

pytestmark = pytest.mark.django_db
APPROVALS = "/api/v1/tenants/acme/approvals/"


def looked_at(request, verdict="approve", **more):
    return {"verdict": verdict, "revision": request.revision, "plan_hash": request.plan_hash, **more}


@pytest.fixture
def decide(api):
    def post(user, request, verdict="approve", **more):
        body = looked_at(request, verdict, **more)
        return api(user).post(f"{APPROVALS}{request.id}/decisions/", body)

    return post


def test_the_detail_shows_everything_a_decision_needs(team, editor, api, django_assert_num_queries):
    starter = team.person("starter")
    team.role("Legal")
    lawyer = team.person("lawyer", "Legal", "Editor")
    call = team.call("It rained on Monday.")
    request = team.open({"Editor": 1, "Legal": 1}, calls=[call], started_by=starter, authors=[starter],
                        exclude_starter=True, hold_seconds=10)
    team.decide(request, lawyer, comment="Lawful.")
    client = api(editor)
    with django_assert_num_queries(15):
        shown = client.get(f"{APPROVALS}{request.id}/").json()
    assert (shown["title"], shown["status"], shown["revision"]) == ("Newsletter, March", "open", 1)
    assert shown["shown"]["draft"] == "# News\n\nIt rained."
    assert shown["calls"] == [{**call, "arguments_hash": content_hash(call["arguments"])}]
    assert shown["plan_hash"] == request.plan_hash
    assert shown["subject"] == {"type": "run", "id": str(team.subject.id)}
    assert shown["policy"]["words"] == (
        "Needs 1 × Editor and 1 × Legal (all different people). Whoever started the run may not decide. "
        "Held for 10 s after approval.")
    assert [(r["role"], r["count"]) for r in shown["policy"]["rules"]] == [("Editor", 1), ("Legal", 1)]
    assert sum(r["approved"] for r in shown["policy"]["rules"]) == 1
    assert [(p["email"], p["roles"], p["decided"]) for p in shown["may_decide"]] == [
        ("editor@acme.example", ["Editor"], False), ("lawyer@acme.example", ["Editor", "Legal"], True)]
    assert [(d["user"]["email"], d["verdict"], d["comment"]) for d in shown["decisions"]] == [
        ("lawyer@acme.example", "approve", "Lawful.")]
    assert shown["mine"] == {"may": True, "reason": None}
    assert (shown["started_by"]["email"], shown["authors"][0]["email"]) == ("starter@acme.example",) * 2
    assert (shown["unmeetable"], shown["grants"]) == ([], [])


def test_deciding_answers_with_the_decision_and_what_it_did(team, editor, decide, api):
    request = team.open()
    made = decide(editor, request, comment="Good.")
    assert made.status_code == 201
    body = made.json()
    assert (body["verdict"], body["status"], body["channel"]) == ("approve", "approved", "web")
    assert body["roles"] == ["Editor"]
    shown = api(editor).get(f"{APPROVALS}{request.id}/").json()
    assert [(g["call"], g["tool"], g["status"]) for g in shown["grants"]] == [("publish", "files.write", "valid")]
    assert "token" not in shown["grants"][0]
    assert shown["mine"] == {"may": False, "reason": "This request is approved."}
    assert [d["id"] for d in api(editor).get(f"{APPROVALS}{request.id}/decisions/").json()["results"]] == [body["id"]]


def test_a_repeat_answers_200_with_the_same_decision(team, editor, decide):
    request = team.open()
    first, again = decide(editor, request), decide(editor, request)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize(("break_it", "status", "code"), [
    ({"revision": 7}, 409, "revision_changed"),
    ({"plan_hash": "sha256:0"}, 409, "revision_changed"),
    ({"verdict": "request_changes"}, 422, "reason_required"),
    ({"verdict": "maybe"}, 422, "invalid"),
])
def test_a_decision_that_cannot_count_says_why(team, editor, api, break_it, status, code):
    request = team.open()
    answer = api(editor).post(f"{APPROVALS}{request.id}/decisions/", looked_at(request) | break_it)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "revision_changed":
        assert answer.json()["current"]["plan_hash"] == request.plan_hash
    else:
        assert answer.json()["fields"][0]["field"] == ("comment" if code == "reason_required" else "verdict")
    with team.context():
        assert not Decision.objects.exists()


def test_the_reason_for_a_refusal_is_in_words(team, editor, decide):
    request = team.open(started_by=editor, exclude_starter=True)
    # Excluded people are not assigned, so they see the request by their right to the scope.
    owner = team.person("owner", membership="owner")
    refused = decide(owner, request)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_eligible")
    assert refused.json()["detail"] == "This takes the role Editor, which you do not hold."


def test_the_starter_who_may_see_the_scope_is_told_that_they_started_it(team, decide, api):
    owner = team.person("owner", "Editor", membership="owner")
    request = team.open(started_by=owner, exclude_starter=True)
    assert decide(owner, request).json()["detail"] == "You started this run."
    assert api(owner).get(f"{APPROVALS}{request.id}/").json()["mine"] == {
        "may": False, "reason": "You started this run."}


class TestTokens:
    def test_a_persons_token_decides_with_the_scope(self, team, editor, api_token):
        request = team.open()
        client = api_token(team.tenant, editor, "approvals:decide")
        answer = client.post(f"{APPROVALS}{request.id}/decisions/", looked_at(request))
        assert (answer.status_code, answer.json()["channel"]) == (201, "api")

    def test_without_the_scope_it_does_not(self, team, editor, api_token):
        request = team.open()
        client = api_token(team.tenant, editor, "approvals:read")
        answer = client.post(f"{APPROVALS}{request.id}/decisions/", looked_at(request))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert client.get(f"{APPROVALS}{request.id}/").status_code == 200

    def test_a_service_account_does_not_even_with_scope_role_and_membership(self, team, make_user, api_token):
        machine = team.person("machine", "Editor", membership="owner")
        machine.is_service = True
        machine.save(update_fields=["is_service"])
        request = team.open()
        answer = api_token(team.tenant, machine, "approvals:decide").post(
            f"{APPROVALS}{request.id}/decisions/", looked_at(request))
        assert (answer.status_code, answer.json()["code"]) == (403, "machines_do_not_approve")
        assert team.status(request) == "open"


class TestVisibility:
    @pytest.fixture
    def paths(self, team, editor):
        request = team.open()
        return [f"{APPROVALS}{request.id}/", f"{APPROVALS}{request.id}/decisions/"]

    def test_nobody_who_is_not_signed_in(self, paths, api):
        assert {api().get(path).status_code for path in [APPROVALS, *paths]} == {401}

    def test_members_without_a_right_to_the_scope_get_404_like_for_missing_ids(self, team, paths, api):
        client = api(team.person("outsider"))
        missing = [f"{APPROVALS}{new_id()}/", f"{APPROVALS}not-an-id/", f"{APPROVALS}{new_id()}/decisions/"]
        answers = [client.get(path) for path in [*paths, *missing]]
        assert {a.status_code for a in answers} == {404}
        assert len({a.content for a in answers}) == 1
        assert client.post(paths[1], {"verdict": "approve", "revision": 1, "plan_hash": "x"}).status_code == 404
        assert client.get(APPROVALS).json()["results"] == []

    def test_another_team_gets_404(self, team, paths, make_team, api):
        stranger = make_team("other").person("owner", membership="owner")
        client = api(stranger)
        assert {client.get(path).status_code for path in [APPROVALS, *paths]} == {404}
        elsewhere = [path.replace("/acme/", "/other/") for path in paths]
        assert {client.get(path).status_code for path in elsewhere} == {404}

    def test_whoever_may_view_the_scope_sees_it(self, team, paths, api):
        viewer = team.person("viewer", membership="viewer")
        with team.context():
            set_permission(team.scope, viewer, ["view"], Actor.system("test"))
        assert api(viewer).get(paths[0]).status_code == 200
        assert len(api(viewer).get(APPROVALS).json()["results"]) == 1

    def test_whoever_was_asked_still_sees_what_they_decided(self, team, editor, api):
        request = team.open()
        team.decide(request, editor, "reject")
        with team.context():
            set_permission(team.scope, team.roles["Editor"], [], Actor.system("test"))
        assert api(editor).get(f"{APPROVALS}{request.id}/").json()["status"] == "rejected"

    def test_a_removed_member_is_a_stranger(self, team, editor, paths, api):
        client = api(editor)
        assert client.get(paths[0]).status_code == 200
        with team.context():
            Membership.objects.filter(user=editor).delete()
        assert client.get(paths[0]).status_code == 404


class TestInbox:
    def test_it_holds_what_waits_for_me(self, team, editor, decide, api):
        other = team.person("other", "Editor")
        waiting = team.open({"Editor": 2})
        done = team.open({"Editor": 2}, subject=Subject("run", new_id()))
        decide(editor, done)
        mine = api(editor).get(f"{APPROVALS}?mine=true&status=open").json()["results"]
        assert [r["id"] for r in mine] == [str(waiting.id)]
        assert [r["id"] for r in api(other).get(f"{APPROVALS}?mine=true&status=open").json()["results"]] == [
            str(done.id), str(waiting.id)]
        assert len(api(editor).get(f"{APPROVALS}?mine=true").json()["results"]) == 2

    def test_its_queries_do_not_grow_with_it(self, team, editor, api, django_assert_num_queries):
        client = api(editor)
        other = team.person("other", "Editor")
        team.decide(team.open({"Editor": 2}, started_by=editor), other)
        with django_assert_num_queries(11):
            client.get(f"{APPROVALS}?mine=true&status=open")
        for _ in range(5):
            team.decide(team.open({"Editor": 2}, subject=Subject("run", new_id()), started_by=editor), other)
        with django_assert_num_queries(11):
            page = client.get(f"{APPROVALS}?mine=true&status=open").json()
        assert len(page["results"]) == 6
        with django_assert_num_queries(12):
            assert len(client.get(APPROVALS).json()["results"]) == 6

    def test_it_says_what_each_request_still_needs(self, team, editor, api):
        team.role("Legal")
        lawyer = team.person("lawyer", "Legal", "Editor")
        half = team.open({"Editor": 1, "Legal": 1})
        fresh = team.open({"Editor": 2}, subject=Subject("run", new_id()))
        team.decide(half, lawyer)
        found = {r["id"]: r["needs"] for r in api(editor).get(f"{APPROVALS}?mine=true").json()["results"]}
        assert [(n["role"], n["count"], n["approved"]) for n in found[str(fresh.id)]] == [("Editor", 2, 0)]
        assert sorted(n["role"] for n in found[str(half.id)]) == ["Editor", "Legal"]
        # Seated as the detail seats them, and only by who said yes.
        detail = api(editor).get(f"{APPROVALS}{half.id}/").json()["policy"]["rules"]
        assert found[str(half.id)] == detail
        assert sum(n["approved"] for n in detail) == 1

    def test_it_is_counted_cheaply(self, team, editor, decide, api, django_assert_num_queries):
        client = api(editor)
        done, *_ = [team.open({"Editor": 2}, subject=Subject("run", new_id())) for _ in range(4)]
        decide(editor, done)
        with django_assert_num_queries(9):
            answer = client.get("/api/v1/tenants/acme/inbox/count/")
        assert answer.json() == {"count": 3, "most": 100}
        outsider = team.person("outsider")
        assert api(outsider).get("/api/v1/tenants/acme/inbox/count/").json()["count"] == 0

    def test_pages_follow_one_another(self, team, editor, api):
        made = [str(team.open(subject=Subject("run", new_id())).id) for _ in range(5)]
        client, seen, link = api(editor), [], f"{APPROVALS}?mine=true&status=open&page_size=2"
        while link:
            page = client.get(link).json()
            seen += [r["id"] for r in page["results"]]
            link = page["next"]
        assert seen == made[::-1]

    def test_filters(self, team, editor, decide, api):
        first = team.open()
        second = team.open(subject=Subject("run", new_id()))
        decide(editor, first)
        client = api(editor)
        assert [r["id"] for r in client.get(f"{APPROVALS}?status=approved").json()["results"]] == [str(first.id)]
        several = client.get(f"{APPROVALS}?status=approved,open&mine=true").json()["results"]
        assert [r["id"] for r in several] == [str(second.id), str(first.id)]
        assert [r["id"] for r in client.get(f"{APPROVALS}?subject={second.subject_id}").json()["results"]] == [
            str(second.id)]
        for wrong in ("status=done", "status=open,done", "status=", "mine=perhaps"):
            answer = client.get(f"{APPROVALS}?{wrong}")
            assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, wrong.split("=")[0])
