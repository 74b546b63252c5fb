"""What follows when a model or a tool fails: tried again, or a named state that a person can resolve (issue §9)."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from countersign.clock import now
from tenants.audit import Actor
from tests.loopback_host import Outcome, Refusal, ToolRefusal
from tests.workflow_stage import signed_in_as, spec
from toolserver.host.tenant_process import CALL_SECONDS
from workflows.api.run_serializers import WHAT_TO_DO
from workflows.engine.mcp_client import SECONDS
from workflows.errors import RunNotCancellable, RunNotRetryable
from workflows.models import Run
from workflows.services.runs import cancel_run, retry_run

pytestmark = pytest.mark.django_db(transaction=True)


def raiser(error):
    def answer(*_):
        raise error

    return answer


def failing(times: int, error: Exception, answer):
    left = [times]

    def reply(given):
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return answer(given)

    return reply


def retry(stage, run):
    with signed_in_as("web"), stage.context():
        return retry_run(run=run, actor=Actor.of(stage.editor))


def cancel(stage, run):
    with signed_in_as("web"), stage.context():
        return cancel_run(run=run, actor=Actor.of(stage.editor), reason="Enough.")


def approved(stage, document=None):
    run = stage.turn(stage.start(document))
    stage.decide(run)
    return run


def turns_until_it_rests(stage, run):
    """The run after as many turns as it promises itself, and the seconds it waited before each."""
    waits = []
    run = stage.turn(run)
    while run.status == "queued":
        waits += [round((row.due_at - stage.events(run)[-1].at).total_seconds()) for row in stage.outbox(run)]
        stage.hurry(run)
        run = stage.turn(run)
    return run, waits


@pytest.mark.parametrize("refusal", [Refusal(503), Refusal(200), Refusal(429, "rate_limited")])
def test_a_model_that_is_down_is_asked_again_with_backoff(stage, host, refusal):
    host.models["writer"] = failing(3, refusal, host.models["writer"])
    run, waits = turns_until_it_rests(stage, stage.start())
    assert run.status == "waiting"
    assert waits == [1, 5, 25]
    failed = stage.events(run, "step.failed")
    assert [event.data["error_class"] for event in failed] == ["transient"] * 3
    assert [event.data["attempt"] for event in stage.events(run, "run.retrying")] == [1, 2, 3]


def test_a_model_that_stays_down_needs_a_person_who_retries_from_the_last_checkpoint(stage, host):
    reviewer = host.models["reviewer"]
    host.models["reviewer"] = raiser(Refusal(503))
    run, waits = turns_until_it_rests(stage, stage.start())
    assert (run.status, run.attention_reason) == ("needs_attention", "model_unavailable")
    assert run.attention["code"] == "provider_down"
    assert len(waits) == 3
    assert not stage.outbox(run)
    host.models["reviewer"] = reviewer
    retry(stage, run)
    run = stage.turn(run)
    assert run.status == "waiting"
    assert [model for model, _ in host.prompts].count("writer") == 1, "the draft was not paid for again"


def test_each_step_has_tries_of_its_own(stage, host):
    """What one step used up, the next one has again."""
    host.models["writer"] = failing(2, Refusal(503), host.models["writer"])
    host.models["reviewer"] = failing(2, Refusal(503), host.models["reviewer"])
    run, waits = turns_until_it_rests(stage, stage.start())
    assert run.status == "waiting"
    assert waits == [1, 5, 1, 5]


def test_a_model_alias_that_means_nothing_fails_the_run(stage, host):
    host.models["writer"] = raiser(Refusal(404, "model_unknown", retryable=False, error_class="permanent"))
    run = stage.turn(stage.start())
    assert (run.status, run.error["code"], run.error["error_class"]) == ("failed", "model_unknown", "permanent")
    assert stage.events(run, "run.failed")


def test_an_answer_that_breaks_off_is_asked_for_again_and_not_taken_for_whole(stage, host, monkeypatch):
    stream = host._stream

    def torn(text):
        host._stream = stream
        yield from list(stream(text))[:1]

    host._stream = torn
    run, waits = turns_until_it_rests(stage, stage.start())
    assert (run.status, waits) == ("waiting", [1])
    assert stage.events(run, "step.failed")[0].data["code"] == "answer_cut_short"
    executions = {event.data["execution"] for event in stage.events(run, "text")}
    assert len(executions) == 2, "the torn text and the whole one do not mix"


def test_a_host_that_is_not_there_is_waited_for(stage, host, settings):
    run = stage.start()
    settings.TOOLSERVER_URL = "http://127.0.0.1:9"
    run = stage.turn(run)
    assert (run.status, run.error["code"]) == ("queued", "host_unreachable")
    settings.TOOLSERVER_URL = host.url
    stage.hurry(run)
    assert stage.turn(run).status == "waiting"


def test_a_call_proven_not_to_have_happened_is_tried_again_with_the_same_grant_and_key(stage, host):
    tries = iter([Outcome("not_done", code="smtp_down", retryable=True)] * 2 + [Outcome(result={})])
    host.tools["email.send"] = lambda call: next(tries)
    run, waits = turns_until_it_rests(stage, approved(stage))
    assert run.status == "completed"
    assert waits == [1, 4]
    sent = [call for call in host.calls if call.tool == "email.send"]
    assert len(sent) == 3
    assert len({(call.key, call.grant) for call in sent}) == 1
    assert len([call for call in host.effects if call.tool == "files.write"]) == 1


def test_a_call_that_stays_undone_needs_a_person_and_can_be_retried(stage, host):
    host.tools["email.send"] = lambda call: Outcome("not_done", code="smtp_down", retryable=True)
    run, waits = turns_until_it_rests(stage, approved(stage))
    assert (run.status, run.attention_reason) == ("needs_attention", "tool_not_done")
    assert waits == [1, 4, 15, 60]
    host.tools["email.send"] = lambda call: Outcome(result={})
    retry(stage, run)
    assert stage.turn(run).status == "completed"


def test_a_call_refused_for_good_is_not_tried_again(stage, host):
    host.tools["email.send"] = lambda call: Outcome("not_done", code="mailbox_unknown", detail="No such mailbox.")
    run = stage.turn(approved(stage))
    assert (run.status, run.attention_reason) == ("needs_attention", "tool_not_done")
    assert (run.attention["cause"], run.attention["detail"]) == ("mailbox_unknown", "No such mailbox.")


def test_a_call_in_doubt_waits_for_a_person_and_is_never_guessed(stage, host):
    host.tools["email.send"] = lambda call: Outcome("unknown", detail="The line broke.")
    run = stage.turn(approved(stage))
    assert (run.status, run.attention_reason) == ("needs_attention", "in_doubt")
    assert run.attention["ledger_entry"] == "entry-2"
    assert not stage.outbox(run), "nothing tries it by itself"
    host._recorded.clear()  # what a person's word on the ledger does: the entry is settled
    host.tools["email.send"] = lambda call: Outcome(result={})
    from countersign.doorbells.services import ring

    with signed_in_as("tools"), stage.context():
        ring("run", tenant_id=stage.tenant.id, subject_id=run.id)
    assert stage.turn(run).status == "completed"


def test_a_call_in_doubt_of_a_tool_that_may_act_twice_is_tried_again_under_its_key(stage, host):
    tries = iter([Outcome("unknown", retryable=True, detail="The line broke.")] * 2 + [Outcome(result={})])
    host.tools["email.send"] = lambda call: next(tries)
    run, waits = turns_until_it_rests(stage, approved(stage))
    assert (run.status, waits) == ("completed", [1, 4])
    assert len({(call.key, call.grant) for call in host.calls if call.tool == "email.send"}) == 1
    assert [call.tool for call in host.effects] == ["files.write", "email.send"]


def test_what_stays_in_doubt_waits_for_a_person_in_the_end(stage, host):
    host.tools["email.send"] = lambda call: Outcome("unknown", retryable=True, detail="The line broke.")
    run, waits = turns_until_it_rests(stage, approved(stage))
    assert (run.status, run.attention_reason, waits) == ("needs_attention", "in_doubt", [1, 4, 15, 60])
    assert run.attention["ledger_entry"]


def test_a_host_that_acts_and_is_gone_leaves_the_call_unknown_and_a_retry_makes_it_once(stage, host, monkeypatch):
    """It consumed the grant, the mail went out, and no answer ever came: nobody may be told that nothing happened."""
    from workflows.engine import host as engine_host

    call_tool = engine_host.call_tool

    def acts_and_dies(url, token, tool, *rest):
        result = call_tool(url, token, tool, *rest)
        if tool == "email.send":
            raise engine_host.CallFailed("The tool server did not answer (ConnectError).")
        return result

    with monkeypatch.context() as patched:
        patched.setattr(engine_host, "call_tool", acts_and_dies)
        run, waits = turns_until_it_rests(stage, approved(stage))
    assert (run.status, run.attention_reason, waits) == ("needs_attention", "tool_unreachable", [1, 2, 3, 6, 15, 60])
    assert "not known" in WHAT_TO_DO[run.attention_reason]
    retry(stage, run)
    assert stage.turn(run).status == "completed"
    assert [call.tool for call in host.effects] == ["files.write", "email.send"]


def test_a_call_that_is_still_under_way_is_waited_for_as_long_as_the_host_lets_one_run(stage, host):
    host.tools["email.send"] = raiser(ToolRefusal("call_in_progress", retryable=True))
    run, waits = turns_until_it_rests(stage, approved(stage))
    assert (run.status, run.attention_reason) == ("needs_attention", "tool_unreachable")
    assert sum(waits) > CALL_SECONDS
    assert SECONDS > CALL_SECONDS, "who has asked waits for the answer"


@pytest.mark.parametrize("code", ["grant_revoked", "grant_approver_gone", "grant_arguments_differ"])
def test_a_refusal_of_the_gate_ends_the_run(stage, host, code):
    host.tools["files.write"] = raiser(ToolRefusal(code))
    run = stage.turn(approved(stage))
    assert (run.status, run.error["code"], run.error["error_class"]) == ("failed", code, "policy")


def test_an_expired_grant_is_given_again_by_retrying(stage, host):
    from approvals.models import Grant

    run = approved(stage)
    with signed_in_as("owner"), stage.context():
        Grant.objects.update(expires_at=now() - timedelta(seconds=1), not_before=now() - timedelta(hours=2))
        stale = set(Grant.objects.values_list("token", flat=True))
    accepted = host.tools["files.write"]

    def checks(call):
        if call.grant in stale:
            raise ToolRefusal("grant_expired")
        return accepted(call)

    host.tools["files.write"] = checks
    run = stage.turn(run)
    assert (run.status, run.attention_reason) == ("needs_attention", "grant_expired")
    retry(stage, run)
    run = stage.turn(run)
    assert run.status == "completed"
    assert all(call.grant not in stale for call in host.effects)


def test_a_held_call_comes_back_when_its_time_has_come(stage, host):
    policy = {"stages": [{"rules": [{"role": "Editor", "count": 1}]}], "hold_seconds": 3600}
    run = stage.turn(approved(stage, spec(gate={"policy": policy})))
    assert run.status == "queued"
    assert not host.calls
    due_in = (stage.outbox(run)[0].due_at - now()).total_seconds()
    assert 3500 < due_in <= 3600
    assert stage.events(run, "run.held")


def test_a_worker_whose_token_the_host_refuses_stops(stage, host):
    run = stage.start()
    host.accepts = lambda token: False
    run = stage.turn(run)
    assert run.status == "queued", "it wrote nothing: another worker will take the run up"
    host.accepts = lambda token: True
    stage.forget_worker(run)
    assert stage.turn(run).status == "waiting"


def test_the_lease_token_is_what_the_host_can_check_against_the_lease(stage, host):
    import hashlib

    from countersign.doorbells.models import Lease

    seen = []

    def checks(token: str) -> bool:
        with signed_in_as("tools"):
            lease = Lease.objects.get(token_hash=hashlib.sha256(token.encode()).hexdigest())
        kind, epoch, secret = token.split(".", 2)
        seen.append((kind, int(epoch) == lease.epoch, len(secret) > 40, lease.expires_at > now()))
        return True

    run = stage.start()
    tokens = []
    host.accepts = lambda token: tokens.append(token) or True
    answer = host.models["writer"]
    host.models["writer"] = lambda prompt: checks(tokens[-1]) and answer(prompt)
    stage.turn(run)
    assert seen == [(f"lease_{run.id}", True, True, True)]


# -- limits

def limits(**changes):
    return {"revisions": 2, "steps": 30, "seconds": 60, "cost": 1.0, **changes}


def test_the_limit_on_steps_fails_the_run_by_name(stage):
    run = stage.turn(stage.start(spec(limits=limits(steps=2))))
    assert (run.status, run.error["code"]) == ("failed", "limit_steps")
    assert run.steps == 2
    retry(stage, run)
    assert stage.turn(run).status == "waiting"


def test_the_limit_on_seconds_cuts_a_slow_model_off(stage, host):
    host.pause = 0.6
    run = stage.turn(stage.start(spec(limits=limits(seconds=1))))
    assert (run.status, run.error["code"]) == ("failed", "limit_seconds")
    assert run.active_seconds >= 1


def test_the_limit_on_seconds_does_not_wait_for_a_silent_model(stage, host):
    over = threading.Event()
    host.models["writer"] = lambda prompt: "Too late." if over.wait(100) else "Never."
    run = stage.turn(stage.start(spec(limits=limits(seconds=1))))
    assert not over.is_set()
    over.set()
    assert (run.status, run.error["code"]) == ("failed", "limit_seconds")


def test_the_limit_on_cost_asks_a_person_before_more_is_spent(stage, host):
    host.cost = 0.6
    run = stage.turn(stage.start(spec(limits=limits(cost=0.5))))
    assert (run.status, run.attention_reason) == ("needs_attention", "limit_cost")
    assert len(host.prompts) == 1
    retry(stage, run)
    run = stage.turn(run)
    assert (run.limits["cost"], run.attention_reason) == (1.0, "limit_cost"), "the verdict cost as much again"
    retry(stage, run)
    assert stage.turn(run).status == "waiting"


def test_no_limit_undoes_what_people_have_decided(stage, host):
    """It was met on the way to the gate, or raised the question whether to go on: they have said that it does."""
    run = stage.turn(stage.start())
    with signed_in_as("owner"), stage.context():
        Run.objects.filter(id=run.id).update(active_seconds=61, cost=2, steps=30)
    stage.decide(run)
    assert stage.turn(run).status == "completed"
    assert len(host.effects) == 2


def test_time_that_people_take_does_not_count(stage):
    run = stage.turn(stage.start(spec(limits=limits(seconds=30))))
    before = run.active_seconds
    stage.decide(run)
    assert stage.read(run).active_seconds == before


def test_people_cannot_ask_for_changes_without_end(stage, monkeypatch):
    monkeypatch.setattr("workflows.engine.nodes.approval.PEOPLE_MAY_ADD", 1)
    run = stage.turn(stage.start(spec(limits=limits(revisions=0))))
    stage.decide(run, "request_changes", "One.")
    run = stage.turn(run)
    stage.decide(run, "request_changes", "Two.")
    run = stage.turn(run)
    assert (run.status, run.attention_reason) == ("needs_attention", "limit_revisions")
    retry(stage, run)
    run = stage.turn(run)
    assert (run.status, run.revision) == ("waiting", 3)


# -- at rest

def seems_lost(stage, run) -> None:
    """The scheduler promises work on a run whose worker was only silent for a while, and holds it still."""
    from countersign.doorbells.services import ring

    with signed_in_as("engine"), stage.context():
        ring("run", tenant_id=stage.tenant.id, subject_id=run.id)


def test_a_left_over_promise_does_not_wake_a_run_that_rests(stage, host):
    run = stage.start()
    draft = host.models["writer"]
    host.models["writer"] = lambda prompt: seems_lost(stage, run) or draft(prompt)
    assert stage.turn(run).status == "waiting"
    assert not stage.outbox(run)
    stage.decide(run)
    host.tools["email.send"] = lambda call: seems_lost(stage, run) or Outcome("not_done", code="mailbox_unknown")
    assert stage.turn(run).attention_reason == "tool_not_done"
    assert not stage.outbox(run)


def test_a_word_that_came_before_the_run_asked_for_it_is_heard(stage, host):
    host.tools["email.send"] = lambda call: seems_lost(stage, run) or Outcome("unknown")
    run = approved(stage)
    assert stage.turn(run).attention_reason == "in_doubt"
    assert stage.outbox(run)


@pytest.mark.parametrize("fails", [False, True])
def test_a_run_that_was_rejected_under_its_worker_stays_rejected(stage, monkeypatch, fails):
    """The worker was about to look at the gate again."""
    from workflows.engine import turn
    from workflows.engine.failures import NeedsAttention

    run = stage.turn(stage.start())
    open_gate = turn.open_gate

    def rejected(*arguments):
        stage.decide(run, "reject")
        if fails:
            raise NeedsAttention("It costs too much.", code="limit_cost")
        return open_gate(*arguments)

    seems_lost(stage, run)
    monkeypatch.setattr(turn, "open_gate", rejected)
    run = stage.turn(run)
    assert (run.status, run.attention_reason) == ("rejected", "")
    assert [event.kind for event in stage.events(run)][-1] == "run.rejected"
    assert len(stage.events(run, "run.rejected")) == 1


# -- cancel, retry

def test_cancelling_a_waiting_run_closes_its_request(stage, host):
    run = stage.turn(stage.start())
    run = cancel(stage, run)
    assert (run.status, stage.request(run).status) == ("cancelled", "cancelled")
    assert stage.turn(run).status == "cancelled"
    assert cancel(stage, run).status == "cancelled"
    assert len(stage.events(run, "run.cancelled")) == 1


def test_cancelling_an_approved_run_revokes_its_grants(stage, host):
    from approvals.models import Grant

    run = approved(stage)
    cancel(stage, run)
    with signed_in_as("web"), stage.context():
        assert {grant.status for grant in Grant.objects.all()} == {"revoked"}
    assert stage.turn(run).status == "cancelled"
    assert not host.calls


def test_cancelling_a_running_run_refuses_its_worker_from_then_on(stage, host):
    run = stage.start()
    answer = host.models["writer"]

    def meanwhile(prompt):
        cancel(stage, stage.read(run))
        return answer(prompt)

    host.models["writer"] = meanwhile
    run = stage.turn(run)
    assert (run.status, run.revision, run.steps) == ("cancelled", 0, 0)
    assert stage.events(run)[-1].kind == "run.cancelled"


def test_what_has_happened_stays_when_a_run_is_cancelled_after_it(stage, host):
    def sends(call):
        while not stage.events(run, "tool.called"):  # as soon as it is seen
            time.sleep(0.01)
        cancel(stage, stage.read(run))
        host.accepts = lambda token: False  # the lease is revoked: the next call is none
        return Outcome(result={})

    host.tools["files.write"] = sends
    run = approved(stage)
    run = stage.turn(run)
    assert run.status == "cancelled"
    assert [call.tool for call in host.effects] == ["files.write"]
    assert stage.events(run, "tool.called")


def test_an_ended_run_can_be_neither_cancelled_nor_retried(stage):
    run = stage.turn(approved(stage))
    assert run.status == "completed"
    with pytest.raises(RunNotCancellable):
        cancel(stage, run)
    with pytest.raises(RunNotRetryable):
        retry(stage, run)


def test_a_waiting_run_is_not_retried(stage):
    run = stage.turn(stage.start())
    with pytest.raises(RunNotRetryable):
        retry(stage, run)
