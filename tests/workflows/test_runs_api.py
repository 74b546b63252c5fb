"""Runs over REST: who may, what is refused and why, and what an answer says."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countersign.artifacts import RunFolder
from countersign.ids import new_id
from tenants.audit import Actor
from tests.loopback_host import Outcome
from tests.workflow_stage import INPUT, as_owner, signed_in_as
from workflows.services.runs import cancel_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web(stage):
    """The web process, and somebody who may run the workflow."""
    from approvals.services import set_permission

    stage.publish()
    with signed_in_as("web"):
        with stage.context():
            set_permission(stage.template.scope, stage.editor, ["view", "run"], Actor.of(stage.editor))
        yield stage


@pytest.fixture
def client(web, api):
    return api(web.editor)


def url(stage, path: str = "") -> str:
    return f"/api/v1/tenants/{stage.tenant.slug}/runs/{path}"


def start(client, stage, **changes):
    return client.post(url(stage), {"workflow": str(stage.template.id), "input": INPUT, **changes}, format="json")


def test_starting_a_run_answers_with_it_and_promises_its_work(web, client):
    from countersign.doorbells.models import Outbox
    from tenants.audit import AuditEntry

    answer = start(client, web, title="March, at last")
    assert answer.status_code == 201
    body = answer.json()
    assert answer["Location"] == url(web, f"{body['id']}/")
    assert (body["status"], body["title"], body["version"]) == ("queued", "March, at last", 1)
    assert body["workflow"] == {"id": str(web.template.id), "slug": "newsletter", "name": "Newsletter"}
    assert body["started_by"] == web.editor.email
    assert body["limits"]["revisions"] == 2
    assert list(Outbox.objects.values_list("topic", "subject_id")) == [("run", UUID(body["id"]))]
    with web.context():
        assert AuditEntry.objects.get(action="run.started").subject_id == UUID(body["id"])


def test_a_repeated_key_starts_no_second_run(web, client):
    first, second = (client.post(url(web), {"workflow": str(web.template.id), "input": INPUT}, format="json",
                                 HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert len(client.get(url(web)).json()["results"]) == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"documents": [{"name": "a"}]}, "input.documents.0.text"),
    ({"documents": [{"name": "a", "text": "x" * 1001}]}, "input.documents.0.text"),
    ({"documents": []}, "input.documents"),
    ({"documents": None}, "input.documents"),
    ({"documents": [{"name": "a", "text": "PNG\u0000\u0001"}]}, "input.documents.0.text"),
    ({"recipients": [3]}, "input.recipients.0"),
])
def test_bad_input_is_refused_by_the_fields_name_and_no_run_starts(web, client, change, field):
    answer = start(client, web, input={**INPUT, **change})
    assert answer.status_code == 422
    assert field in [fault["field"] for fault in answer.json()["fields"]]
    assert client.get(url(web)).json()["results"] == []


def test_an_input_that_is_too_large_is_refused(web, client, monkeypatch):
    monkeypatch.setattr("workflows.services.run_text.INPUT_BYTES", 100)
    assert start(client, web).status_code == 413


def test_missing_input_and_unknown_workflow_are_refused(web, client):
    assert client.post(url(web), {"workflow": str(web.template.id)}, format="json").status_code == 422
    answer = start(client, web, workflow=str(new_id()))
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "workflow")
    assert start(client, web, version=9).json()["code"] == "nothing_published"


def test_an_older_published_version_can_be_asked_for(web, client):
    web.publish()
    assert start(client, web, version=1).json()["version"] == 1
    assert start(client, web).json()["version"] == 2


def test_who_may_not_run_a_workflow_cannot_start_it(web, api):
    from approvals.services import set_permission

    seer = web.make_member(web.tenant, "seer@acme.example", "editor")
    viewer = web.make_member(web.tenant, "viewer@acme.example", "viewer")
    with web.context():
        for user in (seer, viewer):
            set_permission(web.template.scope, user, ["view"], Actor.of(web.editor))
    assert start(api(seer), web).status_code == 403
    assert start(api(viewer), web).status_code == 403
    assert start(api(), web).status_code == 401


def test_a_run_is_not_to_be_seen_by_whom_its_workflow_is_not(web, client, api):
    run = start(client, web).json()["id"]
    other = api(web.make_member(web.tenant, "other@acme.example", "editor"))
    assert other.get(url(web)).json()["results"] == []
    for path in ("", "events/", "events/stream/", "artifacts/", "artifacts/a.md/"):
        assert other.get(url(web, f"{run}/{path}")).status_code == 404
    for path in ("cancel/", "retry/"):
        assert other.post(url(web, f"{run}/{path}")).status_code == 404
    admin = api(web.make_member(web.tenant, "admin@acme.example", "admin"))
    assert admin.get(url(web, f"{run}/")).status_code == 200


def test_another_teams_run_is_as_missing_as_one_that_never_was(web, client, api, make_tenant):
    run = start(client, web).json()["id"]
    tenant = as_owner(make_tenant)("other")
    stranger = api(web.make_member(tenant, "stranger@other.example", "owner"))
    mine, theirs, none = (stranger.get(f"/api/v1/tenants/{slug}/runs/{run_id}/") for slug, run_id in [
        ("other", run), ("acme", run), ("other", new_id())])
    assert mine.status_code == theirs.status_code == none.status_code == 404
    assert mine.json() == none.json()
    assert stranger.get("/api/v1/tenants/other/runs/not-an-id/").status_code == 404


def test_a_token_needs_its_scope(web, api_token):
    api_token = as_owner(api_token)
    reader = api_token(web.tenant, web.editor, "runs:read")
    assert start(reader, web).json()["code"] == "scope_missing"
    assert start(api_token(web.tenant, web.editor, "runs:write"), web).status_code == 201
    assert len(reader.get(url(web)).json()["results"]) == 1


def test_the_list_is_filtered_and_paged(web, client):
    ids = [start(client, web).json()["id"] for _ in range(3)]
    first = client.get(url(web, "?page_size=2")).json()
    assert [run["id"] for run in first["results"]] == [ids[2], ids[1]]
    assert [run["id"] for run in client.get(first["next"]).json()["results"]] == [ids[0]]
    assert client.get(url(web, "?status=completed")).json()["results"] == []
    assert len(client.get(url(web, "?status=queued,running")).json()["results"]) == 3
    assert len(client.get(url(web, f"?workflow={web.template.id}")).json()["results"]) == 3
    assert client.get(url(web, "?status=asleep")).status_code == 422
    assert client.get(url(web, "?workflow=x")).status_code == 422


def test_the_detail_tells_steps_drafts_and_the_request(web, client, host):
    texts = iter(["No section.", "# News\n\n## One\n"])
    host.models["writer"] = lambda prompt: next(texts)
    run = start(client, web).json()["id"]
    web.turn(_run(web, run))
    body = client.get(url(web, f"{run}/")).json()
    assert (body["status"], body["revision"], body["request"]) == ("waiting", 2, str(web.request(_run(web, run)).id))
    assert [(step["node"], step["status"]) for step in body["steps"]] == [
        ("draft", "completed"), ("check", "completed"), ("draft", "completed"), ("check", "completed")]
    assert body["steps"][0]["tokens_in"] == 11
    assert body["steps"][1]["verdict"]["verdict"] == "revise"
    assert [(draft["revision"], draft["text"]) for draft in body["drafts"]] == [
        (1, "No section."), (2, "# News\n\n## One\n")]
    assert body["cost"] == pytest.approx(0.004)


def _run(stage, run_id):
    from workflows.models import Run

    with stage.context():
        return Run.objects.get(id=run_id)


def test_a_run_that_needs_attention_says_what_to_do_and_goes_on_when_retried(web, client, host):
    host.tools["email.send"] = lambda call: Outcome("unknown", detail="The line broke.")
    run = start(client, web).json()["id"]
    web.turn(_run(web, run))
    web.decide(_run(web, run))
    web.turn(_run(web, run))
    attention = client.get(url(web, f"{run}/")).json()["attention"]
    assert attention["reason"] == "in_doubt"
    assert attention["ledger_entry"] == "entry-2"
    assert "say so on the tool call" in attention["what_to_do"]
    assert client.post(url(web, f"{run}/retry/")).json()["status"] == "queued"
    assert client.get(url(web, f"{run}/")).json()["attention"] is None


def test_cancelling_over_rest(web, client):
    run = start(client, web).json()["id"]
    answer = client.post(url(web, f"{run}/cancel/"), {"reason": "Wrong month."}, format="json")
    assert answer.json()["status"] == "cancelled"
    assert client.post(url(web, f"{run}/retry/")).status_code == 409


def test_events_are_paged_by_their_numbers(web, client):
    run = start(client, web).json()["id"]
    web.turn(_run(web, run))
    first = client.get(url(web, f"{run}/events/?page_size=3")).json()
    assert [event["seq"] for event in first["results"]] == [1, 2, 3]
    rest = client.get(first["next"].replace("page_size=3", "page_size=200")).json()
    assert rest["results"][0]["seq"] == 4
    assert rest["next"] is None
    assert client.get(url(web, f"{run}/events/?after=x")).status_code == 422


def test_artifacts_are_listed_and_downloaded_as_files(web, client, settings, tmp_path):
    settings.ARTIFACTS_DIR = tmp_path
    run = start(client, web).json()["id"]
    assert client.get(url(web, f"{run}/artifacts/")).json()["results"] == []
    RunFolder(tmp_path, tenant=web.tenant.id, run=run).write("newsletter.html", b"<script>alert(1)</script>")
    listed = client.get(url(web, f"{run}/artifacts/")).json()["results"]
    assert [(each["name"], each["size"]) for each in listed] == [("newsletter.html", 25)]
    answer = client.get(url(web, f"{run}/artifacts/newsletter.html/"))
    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Disposition"] == 'attachment; filename="newsletter.html"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert client.get(url(web, f"{run}/artifacts/other.md/")).status_code == 404
    assert client.get(url(web, f"{run}/artifacts/..%2F..%2Fsecret/")).status_code in (404, 422)


@pytest.mark.parametrize("path", ["", "{run}/events/", "{run}/events/stream/?after=9", "{run}/artifacts/"])
def test_what_shows_no_inputs_reads_none(web, client, path):
    """An input has ten megabytes at most, a list two hundred runs."""
    run = start(client, web).json()["id"]
    with web.context():
        cancel_run(run=_run(web, run), actor=Actor.of(web.editor))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url(web, path.format(run=run))).status_code in (200, 204)
    read = " ".join(str(query["sql"]) for query in queries)
    assert "workflows_run" in read
    for column in ("input", "spec", "pins"):
        assert f'"{column}"' not in read


def test_queries_do_not_grow_with_what_is_listed(web, client):
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(web, path)).status_code == 200
        return len(queries)

    run = start(client, web).json()["id"]
    one = count("")
    for _ in range(4):
        start(client, web)
    assert count("") == one
    assert one <= 10
    assert count(f"{run}/") <= 10
    assert count(f"{run}/events/") <= 10
