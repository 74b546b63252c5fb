"""A worker may die between any two steps: another one takes the run up, and nothing happens twice."""

from __future__ import annotations

import time
from functools import partial

import psycopg
import pytest
from django.db import OperationalError, connection

from tests.workflow_stage import in_thread_as, signed_in_as, wait_for
from workflows.engine import claims, gates, turn
from workflows.engine.lease import MOST_CLAIMS_AT_ALL
from workflows.engine.pulse import Pulse
from workflows.engine.saver import RunSaver

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The end of a process, as far as one can be had inside one."""


def die(*_: object, **__: object) -> None:
    raise Killed


def killed_turn(stage, run) -> None:
    with pytest.raises(Killed):
        stage.turn(run)
    assert stage.read(run).status in ("queued", "running"), "it is not said to wait, or to have ended"
    stage.forget_worker(run)


def test_after_the_claim(stage, monkeypatch, host):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(turn, "compiled", die)
        killed_turn(stage, run)
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"]


def test_while_the_model_answers(stage, monkeypatch, host):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr("workflows.engine.nodes.worker.ask", die)
        killed_turn(stage, run)
    assert stage.turn(run).status == "waiting"


def review_once_drafted(stage, run, host) -> None:
    """The reviewer takes its time: until somebody else sees that the draft is stored."""
    answer = host.models["reviewer"]

    def late(prompt: str) -> str:
        drafted = partial(stage.events, run, "step.completed")
        in_thread_as("web", lambda: wait_for(drafted)).join(60)
        return answer(prompt)

    host.models["reviewer"] = late


def test_after_a_step_is_stored_that_step_is_not_paid_for_again(stage, monkeypatch, host):
    run = stage.start()
    review_once_drafted(stage, run, host)
    with monkeypatch.context() as patched:
        patched.setattr("workflows.engine.nodes.supervisor.model_json", die)
        killed_turn(stage, run)
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer", "reviewer"]
    completed = stage.events(run, "step.completed")
    assert [event.node for event in completed] == ["draft", "check"]


def test_before_a_step_is_stored_it_is_done_again_and_told_once(stage, monkeypatch, host):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr("workflows.engine.nodes.supervisor.run_checks", die)
        killed_turn(stage, run)
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "writer", "reviewer"]
    assert [event.node for event in stage.events(run, "step.completed")] == ["draft", "check"]
    assert stage.read(run).steps == 2


def test_before_the_request_and_what_leads_to_it_are_stored_together(stage, monkeypatch, host):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(turn, "open_gate", die)
        killed_turn(stage, run)
    assert stage.request(run) is None
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"] * 2, "both answers came within a moment"
    assert len(stage.events(run, "gate.opened")) == 1
    assert [event.node for event in stage.events(run, "step.completed")] == ["draft", "check"]


def test_while_the_request_is_being_opened(stage, monkeypatch):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(gates.leases, "release", die)
        killed_turn(stage, run)
    assert stage.request(run) is None, "request, status and release stand in one transaction"
    assert stage.turn(run).status == "waiting"
    assert stage.request(run).status == "open"


def test_a_worker_that_wakes_a_waiting_run_leaves_it_waiting(stage):
    run = stage.turn(stage.start())
    request = stage.request(run)
    from countersign.doorbells.services import ring

    with signed_in_as("engine"), stage.context():
        ring("run", tenant_id=stage.tenant.id, subject_id=run.id)
    run = stage.turn(run)
    assert (run.status, run.request_id) == ("waiting", request.id)
    assert len(stage.events(run, "gate.opened")) == 1


def test_a_run_that_has_ended_is_let_go_of_by_whoever_is_woken_for_it(stage, host):
    from countersign.doorbells.models import Lease
    from countersign.doorbells.services import ring
    from tenants.audit import Actor
    from workflows.services.runs import cancel_run

    run = stage.start()
    with signed_in_as("web"), stage.context():
        cancel_run(run=run, actor=Actor.of(stage.editor))
        ring("run", tenant_id=stage.tenant.id, subject_id=run.id)
    assert stage.turn(run).status == "cancelled"
    assert not host.prompts
    assert not stage.outbox(run)
    with signed_in_as("engine"):
        assert Lease.objects.get(subject_id=run.id).expires_at is None


def test_a_request_that_the_run_does_not_wait_for_changes_nothing(stage):
    from approvals.models import ApprovalRequest
    from workflows.receivers import on_request_settled

    run = stage.turn(stage.start())
    other = ApprovalRequest(tenant_id=stage.tenant.id, subject_type="run", subject_id=run.id, gate="gate", revision=1)
    for other.status in ("rejected", "approved", "cancelled"):
        with signed_in_as("web"), stage.context():
            on_request_settled(ApprovalRequest, other)
    assert stage.read(run).status == "waiting"
    assert stage.turn(run).status == "waiting", "whoever is woken for it lets go of it again"
    assert not stage.events(run, "gate.settled", "run.rejected")


@pytest.mark.parametrize("verdict", ["approve", "request_changes"])
def test_after_the_decision_before_the_gates_step_is_stored(stage, monkeypatch, host, verdict):
    run = stage.turn(stage.start())
    stage.decide(run, verdict, "Shorter.")
    with monkeypatch.context() as patched:
        patched.setattr(Pulse, "keeping", die)
        killed_turn(stage, run)
    run = stage.turn(run)
    assert run.status == ("completed" if verdict == "approve" else "waiting")
    assert len(stage.events(run, "gate.settled")) == 1
    assert len(host.effects) == (2 if verdict == "approve" else 0)


def test_before_the_call_it_is_made_once(stage, monkeypatch, host):
    run = stage.turn(stage.start())
    stage.decide(run)
    with monkeypatch.context() as patched:
        patched.setattr("workflows.engine.host.call_tool", die)
        killed_turn(stage, run)
    assert not host.calls
    assert stage.turn(run).status == "completed"
    assert len(host.effects) == 2


def test_after_the_call_before_its_outcome_is_stored_the_same_key_is_sent_again(stage, monkeypatch, host):
    run = stage.turn(stage.start())
    stage.decide(run)
    keeping = Pulse.keeping

    def die_once_acted(pulse, saver):
        if host.effects:
            raise Killed
        return keeping(pulse, saver)

    with monkeypatch.context() as patched:
        patched.setattr(Pulse, "keeping", die_once_acted)
        killed_turn(stage, run)
    assert stage.turn(run).status == "completed"
    assert [call.tool for call in host.calls] == ["files.write", "files.write", "email.send"]
    assert len({call.key for call in host.calls}) == 2
    assert [call.tool for call in host.effects] == ["files.write", "email.send"]


def test_the_last_step_is_stored_and_the_run_closed_in_one_transaction(stage, monkeypatch, host):
    """Killed before it, the calls are made again under their keys: the host answers what it recorded."""
    run = stage.turn(stage.start())
    stage.decide(run)
    with monkeypatch.context() as patched:
        patched.setattr(turn, "finish", die)
        killed_turn(stage, run)
    run = stage.turn(run)
    assert run.status == "completed"
    assert [call.tool for call in host.calls] == ["files.write", "email.send"] * 2
    assert len({call.key for call in host.calls}) == 2
    assert len(host.effects) == 2
    told = [(event.kind, event.node) for event in stage.events(run, "step.completed", "run.completed")]
    assert told[-2:] == [("step.completed", "send"), ("run.completed", "")]
    assert told.count(("step.completed", "send")) == 1


def test_a_worker_that_was_only_slow_can_write_nothing_more(stage, monkeypatch, host):
    """Its lease ran out, another worker finished the step: what it still holds is refused, and it tells nobody."""
    run = stage.start()
    slow = host.models["writer"]

    def overtaken(prompt):
        host.models["writer"] = slow
        stage.forget_worker(run)
        from workflows.engine import lease

        with monkeypatch.context() as patched:
            patched.setattr("workflows.engine.turn.heart", lease.Heart())
            in_thread_as("engine", lambda: turn.take_turn(stage.tenant.id, run.id)).join(20)
        return slow(prompt)

    host.models["writer"] = overtaken
    run = stage.turn(run)
    assert (run.status, run.revision) == ("waiting", 1)
    assert [event.node for event in stage.events(run, "step.completed")] == ["draft", "check"]
    assert len(stage.events(run, "gate.opened")) == 1


def test_a_run_that_takes_even_its_own_worker_along_is_quarantined_in_the_end(stage, monkeypatch):
    """The third claim and each after it is taken alone; here that costs the worker, too."""
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(turn, "compiled", die)
        for _ in range(MOST_CLAIMS_AT_ALL):
            killed_turn(stage, run)
        run = stage.turn(run)
    assert (run.status, run.attention_reason) == ("needs_attention", "quarantined")
    assert run.attention["last_error"]["code"] == "worker_lost"
    assert not stage.outbox(run)


def test_progress_between_claims_keeps_a_run_out_of_quarantine(stage, monkeypatch, host):
    """Four workers die, but a step was stored in between."""
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(turn, "compiled", die)
        killed_turn(stage, run)
        killed_turn(stage, run)
    review_once_drafted(stage, run, host)
    with monkeypatch.context() as patched:
        patched.setattr("workflows.engine.nodes.supervisor.model_json", die)
        killed_turn(stage, run)
        killed_turn(stage, run)
    assert stage.turn(run).status == "waiting"


def test_a_failure_of_our_own_is_tried_again_and_then_quarantined_with_it(stage, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of the log's")

    monkeypatch.setattr("workflows.engine.nodes.supervisor.run_checks", broken)
    run = stage.turn(stage.start())
    assert (run.status, run.error["error_class"]) == ("queued", "bug")
    for _ in range(3):  # the first turn stored the draft: that was progress
        assert run.status == "queued"
        stage.hurry(run)
        run = stage.turn(run)
    assert (run.status, run.attention_reason) == ("needs_attention", "quarantined")
    assert run.attention["last_error"]["code"] == "bug"
    assert "secret" not in str(run.attention) + str([event.data for event in stage.events(run)])


def test_a_quarantined_run_is_not_woken_by_a_stray_ring(stage, monkeypatch, host):
    run = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(turn, "compiled", die)
        for _ in range(MOST_CLAIMS_AT_ALL):
            killed_turn(stage, run)
        stage.turn(run)
    from countersign.doorbells.services import ring

    with signed_in_as("engine"), stage.context():
        ring("run", tenant_id=stage.tenant.id, subject_id=run.id)
    assert stage.turn(run).attention_reason == "quarantined"
    assert not host.prompts


def test_a_drained_worker_lets_go_after_its_step(stage, monkeypatch, host):
    from workflows.engine import drain

    run = stage.start()
    answer = host.models["writer"]

    def told_to_stop(prompt):
        for control in drain._controls:
            control.request_drain()
        return answer(prompt)

    host.models["writer"] = told_to_stop
    run = stage.turn(run)
    assert (run.status, run.steps) == ("queued", 1)
    host.models["writer"] = answer
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"]


def end_sessions() -> None:
    """What a restart of Postgres does to the engine."""
    def terminate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'engine' "
                           "AND datname = current_database()")

    in_thread_as("postgres", terminate).join(20)


def test_a_database_that_ends_the_sessions_is_no_fault_of_the_run(stage, monkeypatch, host):
    """Postgres was restarted while the gate was opened: the run goes on, and does not count towards quarantine."""
    def restarted(**options):
        end_sessions()
        return open_request(**options)

    open_request = gates.open_request
    with monkeypatch.context() as patched:
        patched.setattr(gates, "open_request", restarted)
        run = stage.turn(stage.start())
    assert (run.status, run.error["code"], run.attempts) == ("queued", "database_unavailable", 0)
    stage.hurry(run)
    assert stage.turn(run).status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"], "what was paid for is kept"


def test_a_database_that_ends_the_sessions_while_a_model_answers_is_not_noticed(stage, host):
    def restarted(prompt):
        end_sessions()
        return answer(prompt)

    answer, host.models["writer"] = host.models["writer"], restarted
    assert stage.turn(stage.start()).status == "waiting"


def test_a_database_that_ends_the_sessions_while_text_is_written_breaks_no_answer_off(stage, host):
    """A chunk that could not be stored goes out with the next one."""
    stream = host._stream

    def torn(text):
        host._stream = stream
        for number, piece in enumerate(stream(text)):
            if number == 10:
                end_sessions()
            yield piece

    host.pause, host._stream = 0.05, torn
    host.models["writer"] = lambda prompt: "# News\n\n## One\n\n" + "- It rained. [source](source:a.md)\n" * 20
    run = stage.turn(stage.start())
    assert run.status == "waiting"
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"]
    told = "".join(event.data["text"] for event in stage.events(run, "text"))
    assert told.startswith("# News")
    assert told.count("It rained") == 20


def test_a_save_whose_answer_was_lost_is_not_counted_twice(stage, monkeypatch, host):
    """The COMMIT arrived, its answer did not: what it stored is found again, and the paid draft goes on from there."""
    send, lost = RunSaver._send, []

    def unanswered(saver, statements, events, spent, **options):
        seqs = send(saver, statements, events, spent, **options)
        if not lost and any(event.kind == "step.completed" for event in events):
            lost.append(True)
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return seqs

    monkeypatch.setattr(RunSaver, "_send", unanswered)
    run = stage.start()
    review_once_drafted(stage, run, host)
    run = stage.turn(run)
    assert lost
    assert (run.status, run.steps, float(run.cost), run.tokens_in) == ("waiting", 2, 0.002, 22)
    events = stage.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.node for event in events if event.kind == "step.completed"] == ["draft", "check"]
    assert [model for model, _ in host.prompts] == ["writer", "reviewer"]


def test_a_save_in_doubt_stays_so_until_the_database_answers(stage, monkeypatch, host):
    """The COMMIT arrived, its answer did not, and the look for it fails as well."""
    send, look, lost, away = RunSaver._send, RunSaver._is_stored, [], [True]

    def unanswered(saver, *arguments, **options):
        seqs = send(saver, *arguments, **options)
        if not lost:
            lost.append(True)
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return seqs

    def looks(saver, event):
        if away:
            away.pop()
            raise psycopg.OperationalError("the database system is starting up")
        return look(saver, event)

    monkeypatch.setattr(RunSaver, "_send", unanswered)
    monkeypatch.setattr(RunSaver, "_is_stored", looks)
    monkeypatch.setattr("workflows.engine.pulse.SECONDS_IN_ALL", 0.1)
    run = stage.start()
    answer = host.models["reviewer"]

    def late(prompt: str) -> str:
        until_looked = time.monotonic() + 20
        while away and time.monotonic() < until_looked:
            time.sleep(0.02)
        return answer(prompt)

    host.models["reviewer"] = late
    run = stage.turn(run)
    assert (lost, away) == ([True], [])
    assert (run.status, run.steps, run.tokens_in) == ("waiting", 2, 22)
    assert [event.node for event in stage.events(run, "step.completed")] == ["draft", "check"]


@pytest.mark.parametrize("word", ["a\\u0000b", "a\\ud800b"])
def test_what_cannot_be_stored_of_a_models_verdict_is_left_out(stage, host, word):
    host.models["reviewer"] = lambda prompt: f'{{"verdict": "pass", "summary": "{word}", "checks": []}}'
    run = stage.turn(stage.start())
    assert run.status == "waiting"
    assert stage.request(run).shown["verdict"]["summary"] in ("ab", "a?b")


def test_letting_go_waits_a_little_for_a_database_that_is_away(stage, monkeypatch, host):
    """What the saver holds back then was paid for."""
    settle, away = claims._settle, [True] * 3

    def settles(*arguments):
        if away:
            away.pop()
            raise OperationalError("the database system is shutting down")
        settle(*arguments)

    run = stage.turn(stage.start())
    stage.decide(run)
    monkeypatch.setattr(claims, "_settle", settles)
    monkeypatch.setattr(claims, "PATIENCE", (0, 0, 0))
    assert stage.turn(run).status == "completed"
    assert not away
    assert [call.tool for call in host.calls] == ["files.write", "email.send"]
