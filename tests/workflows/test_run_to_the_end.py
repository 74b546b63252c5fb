"""The life of a run (design §4), over a real database and a host on loopback."""

from __future__ import annotations

import pytest

from tests.workflow_stage import INPUT, spec

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_drafts_is_judged_waits_for_people_and_acts_once(stage, host):
    run = stage.turn(stage.start())
    assert (run.status, run.revision) == ("waiting", 1)
    request = stage.request(run)
    assert request.id == run.request_id
    assert [call["tool"] for call in request.plan["calls"]] == ["files.write", "email.send"]
    assert request.plan["calls"][1]["arguments"]["to"] == INPUT["recipients"]
    assert request.plan["calls"][1]["arguments"]["attachment"] == {"$result": {"call": "publish", "path": ["name"]}}
    assert not host.calls
    stage.decide(run)
    run = stage.turn(run)
    assert run.status == "completed"
    assert [(call.tool, call.key) for call in host.effects] == [
        ("files.write", f"{request.id}:publish"), ("email.send", f"{request.id}:send")]
    assert host.effects[0].arguments == request.plan["calls"][0]["arguments"]
    assert all(call.grant for call in host.effects)
    assert run.ended_at
    assert not stage.outbox(run)


def test_a_models_answer_is_read_to_its_end_so_that_the_next_question_goes_over_the_same_connection(stage, host):
    """Whoever leaves before, with nothing left to hear but that it is over, looks to the host like one who is gone."""
    stage.turn(stage.start())
    assert len(host.askers) == 2, "a draft and a judgement"
    assert len(set(host.askers.values())) == 1


def test_events_are_numbered_without_gaps_and_tell_the_story(stage):
    run = stage.turn(stage.start())
    stage.decide(run)
    stage.turn(run)
    events = stage.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    told = [(event.kind, event.node) for event in events if event.kind != "text"]
    assert told == [
        ("run.queued", ""), ("run.started", ""), ("step.started", "draft"), ("step.completed", "draft"),
        ("step.started", "check"), ("step.completed", "check"), ("gate.opened", "gate"), ("gate.settled", "gate"),
        ("run.resumed", ""), ("step.started", "gate"), ("step.completed", "gate"),
        ("step.started", "publish"), ("tool.called", "publish"), ("tool.outcome", "publish"),
        ("step.completed", "publish"), ("step.started", "send"), ("tool.called", "send"), ("tool.outcome", "send"),
        ("step.completed", "send"), ("run.completed", "")]
    drafted = next(event.data for event in events if event.kind == "step.completed" and event.node == "draft")
    assert (drafted["model"], drafted["provider"], drafted["tokens_in"]) == ("writer", "loopback", 11)
    assert drafted["duration_ms"] >= 0
    assert drafted["cost"] == pytest.approx(0.001)


def test_each_event_of_a_worker_names_the_epoch_it_was_written_under(stage):
    run = stage.turn(stage.start())
    stage.decide(run)
    stage.turn(run)
    epochs = [(event.kind, event.data.get("epoch")) for event in stage.events(run)]
    decided = epochs.index(("gate.settled", None))
    assert epochs[0] == ("run.queued", None)
    assert {epoch for _, epoch in epochs[1:decided]} == {1}
    assert {epoch for _, epoch in epochs[decided + 1:]} == {2}


def test_the_run_adds_up_what_it_used(stage):
    run = stage.turn(stage.start())
    assert run.steps == 2
    assert float(run.cost) == pytest.approx(0.002)
    assert (run.tokens_in, run.tokens_out) == (22, 14)
    assert 0 < run.active_seconds < 30


def test_the_draft_can_be_put_together_from_its_text_events(stage, host):
    host.pause = 0.15  # several chunks of 250 ms
    run = stage.turn(stage.start())
    chunks = [event.data for event in stage.events(run, "text")]
    assert len(chunks) > 1
    text = ""
    for chunk in chunks:
        assert chunk["offset"] == len(text)
        text += chunk["text"]
    assert text == stage.request(run).shown["draft"]


def test_a_message_delivered_twice_runs_once(stage, host):
    run = stage.turn(stage.start())
    stage.turn(run)
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"]
    assert len(stage.events(run, "run.started", "run.resumed")) == 1


def test_a_failed_check_sends_the_draft_back_with_its_faults(stage, host):
    drafts = iter(["No section here.", "# News\n\n## Now it has one\n"])
    host.models["writer"] = lambda prompt: next(drafts)
    run = stage.turn(stage.start())
    assert (run.status, run.revision) == ("waiting", 2)
    second = [prompt for model, prompt in host.prompts if model == "writer"][1]
    assert "<previous_draft>\nNo section here.\n</previous_draft>" in second
    assert "it needs at least 1" in second
    assert stage.request(run).revision == 2


def test_when_revisions_run_out_the_gate_shows_the_objections(stage, host):
    host.models["writer"] = lambda prompt: "No section."
    run = stage.turn(stage.start())
    assert (run.status, run.revision) == ("waiting", 3)
    shown = stage.request(run).shown
    assert shown["verdict"]["verdict"] == "revise"
    assert shown["objections"] == ["It has 0 `## ` sections; it needs at least 1."]


def test_a_models_verdict_counts_beside_the_checks(stage, host):
    verdicts = iter(['{"verdict": "revise", "summary": "Too dry.", "checks": []}',
                     '```json\n{"verdict": "pass", "summary": "Fine.", "checks": []}\n```'])
    host.models["reviewer"] = lambda prompt: next(verdicts)
    run = stage.turn(stage.start())
    assert (run.status, run.revision) == ("waiting", 2)
    assert "Too dry." in [prompt for model, prompt in host.prompts if model == "writer"][1]
    assert stage.request(run).shown["objections"] == []


def test_a_request_for_changes_reaches_the_writer_in_the_persons_words(stage, host):
    run = stage.turn(stage.start())
    stage.decide(run, "request_changes", "Mention the flood.")
    run = stage.turn(run)
    assert (run.status, run.revision) == ("waiting", 2)
    assert "<feedback>\nMention the flood.\n</feedback>" in host.prompts[2][1]
    request = stage.request(run)
    assert (request.revision, request.status) == (2, "open")
    assert request.shown["notes"] == ["Mention the flood."]


def test_people_may_ask_for_changes_when_the_supervisor_may_not(stage, host):
    run = stage.turn(stage.start(spec(limits={"revisions": 0, "steps": 30, "seconds": 60, "cost": 1.0})))
    stage.decide(run, "request_changes", "Shorter.")
    run = stage.turn(run)
    assert (run.status, run.revision) == ("waiting", 2)


def test_a_rejected_run_is_over_and_nothing_was_sent(stage, host):
    run = stage.turn(stage.start())
    stage.decide(run, "reject", "Not this month.")
    run = stage.read(run)
    assert run.status == "rejected"
    assert run.ended_at
    assert stage.turn(run).status == "rejected"
    assert not host.calls


def test_a_run_whose_request_runs_out_of_time_is_rejected_and_says_so(stage, host):
    from datetime import timedelta

    from approvals.models import ApprovalRequest
    from approvals.services import expire_request
    from countersign.clock import now
    from tests.workflow_stage import signed_in_as

    policy = {"stages": [{"rules": [{"role": "Editor", "count": 1}]}], "expires_after_hours": 1}
    run = stage.turn(stage.start(spec(gate={"policy": policy})))
    with signed_in_as("owner"), stage.context():
        ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    with signed_in_as("engine"):
        expire_request(tenant_id=stage.tenant.id, request_id=run.request_id)
    run = stage.read(run)
    assert (run.status, run.error["code"]) == ("rejected", "request_expired")
    assert stage.events(run, "run.rejected")[0].data["detail"] == "Nobody decided in time."
    assert not host.calls


def test_a_workers_structured_output_is_checked_and_usable_in_arguments(stage, host):
    schema = {"type": "object", "required": ["headline"], "properties": {"headline": {"type": "string"}}}
    answers = iter(['{"title": "wrong"}', '{"headline": "It rained"}'])
    host.models["writer"] = lambda prompt: next(answers)
    document = spec(draft={"output": schema}, check={"checks": []},
                    publish={"arguments": {"name": "a.md", "content": "{{ draft.headline }}"}},
                    send={"arguments": {"to": "{{ input.recipients }}", "body": "{{ draft.headline }}"}})
    run = stage.turn(stage.start(document))
    assert (run.status, run.error["code"]) == ("queued", "model_output_invalid")
    stage.hurry(run)
    run = stage.turn(run)
    assert run.status == "waiting"
    assert stage.request(run).plan["calls"][0]["arguments"]["content"] == "It rained"


def test_a_tool_that_only_reads_needs_no_gate(stage, host):
    from tests.loopback_host import Outcome

    host.tools["read.page"] = lambda call: Outcome(result={"text": "From the page."})
    document = spec(start="look", draft={"prompt": "{{ look.text }}"})
    document["nodes"].append({"id": "look", "type": "tool", "tool": "read.page", "arguments": {}, "next": "draft"})
    stage.turn(stage.start(document))
    assert host.calls[0].grant is None
    assert host.prompts[0] == ("writer", "From the page.")


def test_a_run_that_waits_for_a_model_or_a_tool_holds_no_connection(stage, host, pool, monkeypatch):
    """Two hundred waiting runs must not need two hundred connections."""
    from django.db import connection

    from tests.workflow_stage import signed_in_as
    from workflows.engine.lease import heart

    monkeypatch.setattr(heart, "renew", lambda: None)  # the process has one more for all of their leases
    seen = []

    def look() -> None:
        with signed_in_as("postgres"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'engine' "
                           "AND datname = current_database()")
            seen.append(cursor.fetchone()[0] - pool.get_stats()["pool_size"])

    draft, write = host.models["writer"], host.tools["files.write"]
    host.models["writer"] = lambda prompt: look() or draft(prompt)
    host.tools["files.write"] = lambda call: look() or write(call)
    run = stage.turn(stage.start())
    stage.decide(run)
    stage.turn(run)
    assert seen == [0, 0]
