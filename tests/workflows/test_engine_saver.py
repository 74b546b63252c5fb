"""Checkpoints: one transaction and one round trip a save, under the tenant's context and the run's lease."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TypedDict

import psycopg
import pytest
from django.db import connection, transaction
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from countersign.database.context import tenant_context
from countersign.doorbells.services import ring
from countersign.ids import new_id
from workflows.engine import lease as leases
from workflows.engine.lease import StaleLease
from workflows.engine.saver import RunSaver, thread_id

pytestmark = pytest.mark.django_db(transaction=True)


class State(TypedDict, total=False):
    steps: list[str]


def make_graph(*, gate: bool = False):
    def first(state: State) -> State:
        return {"steps": ["first"]}

    def second(state: State) -> State:
        answer = interrupt("go on?") if gate else "no gate"
        return {"steps": [*state["steps"], f"second: {answer}"]}

    builder = StateGraph(State)
    builder.add_node("first", first)
    builder.add_node("second", second)
    builder.add_edge(START, "first")
    builder.add_edge("first", "second")
    return builder


@pytest.fixture
def held(pool, make_tenant, process):
    """A lease on a run of a new tenant, and a saver under it."""
    tenant = make_tenant("acme")
    run = new_id()
    with process("engine"), tenant_context(tenant.id):
        ring("run", tenant_id=tenant.id, subject_id=run)
        lease = leases.take("run", tenant.id, run)
    return RunSaver(pool, lease)


def stored_by(saver: RunSaver) -> CheckpointTuple | None:
    return saver.get_tuple(saver.config)


def rows(saver: RunSaver, table: str) -> int:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(saver.lease.tenant)])
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def run(saver: RunSaver, given, **options):
    return make_graph(**options).compile(checkpointer=saver).invoke(given, saver.config, durability="sync")


def test_a_graph_is_resumed_from_what_another_saver_of_the_run_stored(held, pool):
    asked = run(held, {"steps": []}, gate=True)
    again = RunSaver(pool, held.lease)
    answered = run(again, Command(resume={asked["__interrupt__"][0].id: "yes"}), gate=True)
    assert answered["steps"] == ["first", "second: yes"]


def test_the_engines_graphs_start_no_threads(held, pool, monkeypatch):
    """LangGraph has no setting for it: this sees whether it still takes its executor where `executor.py` puts ours."""
    import workflows.engine.graph  # noqa: F401

    started: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)
    saver = RunSaver(pool, held.lease, holds=True)
    saver.go_on_from(None)
    assert run(saver, {"steps": []})["steps"] == ["first", "second: no gate"]
    assert started == []


def test_an_interrupt_is_stored_at_once(held, pool):
    run(held, {"steps": []}, gate=True)
    assert "__interrupt__" in [name for _, name, _ in stored_by(RunSaver(pool, held.lease)).pending_writes]


def test_a_step_without_an_interrupt_costs_one_transaction(held, monkeypatch):
    sent = []
    send = held._send
    monkeypatch.setattr(held, "_send", lambda *a, **k: sent.append(1) or send(*a, **k))
    run(held, {"steps": []})
    assert len(sent) == 2
    assert rows(held, "checkpoints") == 4  # input, start, and one a node


def test_a_save_is_one_round_trip(held, tmp_path):
    """The client speaks once, then listens: libpq's own trace says so."""
    run(held, {"steps": []})
    assert not held._statements, held._statements
    held.spent.seconds = 1.5
    held.put_writes({"configurable": {"thread_id": held.config["configurable"]["thread_id"], "checkpoint_ns": "",
                                      "checkpoint_id": "1"}}, [("steps", ["more"])], "task")
    trace = tmp_path / "trace"
    with trace.open("w") as file:
        with held.pool.connection() as raw:
            raw.pgconn.trace(file.fileno())
        held.flush()
        with held.pool.connection() as raw:
            raw.pgconn.untrace()
    spoken = [line.split("\t")[1] for line in trace.read_text().splitlines() if line.count("\t") > 1]
    turns = [side for number, side in enumerate(spoken) if number == 0 or spoken[number - 1] != side]
    assert turns == ["F", "B"], trace.read_text()


def test_a_stale_epoch_is_refused_and_nothing_of_the_save_is_written(held, pool, process):
    run(held, {"steps": []}, gate=True)
    before = rows(held, "checkpoints")
    with process("engine"):
        leases.revoke(held.lease.run)
    stale = RunSaver(pool, held.lease)
    with pytest.raises(StaleLease):
        run(stale, Command(resume="yes"), gate=True)
    assert rows(held, "checkpoints") == before
    assert held.lease.lost.is_set()


def test_a_released_lease_writes_nothing_more(held, process):
    with process("engine"), transaction.atomic():
        leases.release(held.lease)
    with pytest.raises(StaleLease):
        run(held, {"steps": []})
    assert rows(held, "checkpoints") == 0


def test_progress_counts_only_once_a_step_is_stored(held, process):
    def claims() -> int:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SELECT claims FROM doorbells_lease WHERE subject_id = %s", [held.lease.run])
            return cursor.fetchone()[0]

    held.spent.seconds = 1
    held.flush()
    assert claims() == 1
    run(held, {"steps": []})
    assert claims() == 0


def test_tasks_of_one_step_are_saved_as_each_ends(pool, held):
    """Otherwise a model's paid answer waits for its neighbour, and is lost with it."""
    def fails(state: State) -> State:
        raise RuntimeError("this one dies")

    builder = StateGraph(State)
    builder.add_node("paid", lambda state: {"steps": ["paid for"]})
    builder.add_node("fails", fails)
    builder.add_edge(START, "paid")
    builder.add_edge(START, "fails")
    saver = RunSaver(pool, held.lease, sequential=False)
    with pytest.raises(RuntimeError):
        builder.compile(checkpointer=saver).invoke({"steps": []}, saver.config, durability="sync")
    stored = stored_by(RunSaver(pool, held.lease))
    assert ("steps", ["paid for"]) in [(name, value) for _, name, value in stored.pending_writes]


def test_another_tenant_sees_no_checkpoint_and_cannot_write_one(held, pool, make_tenant, process):
    run(held, {"steps": []})
    stranger = make_tenant("other")
    with process("engine"), tenant_context(stranger.id):
        ring("run", tenant_id=stranger.id, subject_id=(own := new_id()))
        foreign = RunSaver(pool, leases.take("run", stranger.id, own))
    foreign.lease.run = held.lease.run  # the thread of the first tenant's run, as the second tenant would name it
    assert stored_by(foreign) is None
    insert = "INSERT INTO checkpoint_blobs (thread_id, channel, version, type) VALUES (%s, 'c', '1', 'empty')"
    with psycopg.connect(_conninfo("engine")) as raw:
        raw.execute("SELECT set_config('app.tenant_id', %s, true)", [str(stranger.id)])
        with pytest.raises(psycopg.errors.CheckViolation):
            raw.execute(insert, [thread_id(held.lease.tenant, held.lease.run)])


def test_without_a_context_nothing_can_be_stored(held):
    with psycopg.connect(_conninfo("engine")) as raw, pytest.raises(psycopg.Error):
        raw.execute("INSERT INTO checkpoint_blobs (thread_id, channel, version, type) VALUES (%s, 'c', '1', 'empty')",
                    [thread_id(held.lease.tenant, held.lease.run)])


def test_the_web_process_cannot_read_checkpoints(held):
    with psycopg.connect(_conninfo("web")) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute("SELECT FROM checkpoints")


def _conninfo(user: str) -> str:
    from psycopg.conninfo import make_conninfo

    database = connection.settings_dict
    return make_conninfo(dbname=database["NAME"], user=user, host=database["HOST"])


def test_the_tables_are_those_of_the_installed_library():
    """A newer langgraph-checkpoint-postgres may bring statements that need a migration of ours."""
    from langgraph.checkpoint.postgres.base import MIGRATIONS

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT max(v) FROM checkpoint_migrations")
        assert cursor.fetchone()[0] == len(MIGRATIONS) - 1


def test_a_process_without_strict_msgpack_refuses_to_run_graphs():
    program = "from workflows.engine.serde import checkpoint_serializer as make; make()"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, text=True,
                          capture_output=True)
    assert done.returncode != 0
    assert "LANGGRAPH_STRICT_MSGPACK" in done.stderr


def test_a_checkpoint_revives_no_class_that_is_not_allowed():
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from workflows.engine.events import Spent
    from workflows.engine.serde import checkpoint_serializer

    stored = JsonPlusSerializer(allowed_msgpack_modules=True).dumps_typed(Spent(steps=3))
    assert isinstance(JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(stored), Spent)
    assert not isinstance(checkpoint_serializer().loads_typed(stored), Spent)


def test_a_checkpoint_never_holds_a_pickle():
    from workflows.engine.serde import checkpoint_serializer

    with pytest.raises(TypeError):
        checkpoint_serializer().dumps_typed(object())
    with pytest.raises(NotImplementedError):
        checkpoint_serializer().loads_typed(("pickle", b"cos\nsystem\n(S'true'\ntR."))
