"""A version's spec as a LangGraph graph. Node ids are the spec's: a run begun under an earlier release resumes."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from countersign.database.context import tenant_context
from countersign.logs import bound
from workflows.engine.executor import work_at_once
from workflows.engine.grants import let_go_of_connection
from workflows.engine.nodes.approval import run_approval
from workflows.engine.nodes.supervisor import run_supervisor
from workflows.engine.nodes.tool import run_tool
from workflows.engine.nodes.worker import run_worker
from workflows.engine.saver import RunSaver
from workflows.engine.session import Session
from workflows.engine.state import State, state_type
from workflows.models import Run, Version
from workflows.spec.document import Spec
from workflows.spec.nodes import Node
from workflows.spec.pins import Pins

RUNNERS: dict[str, Callable[[Any, State, Session], Command]] = {
    "worker": run_worker, "supervisor": run_supervisor, "approval": run_approval, "tool": run_tool}

#: A run's own limit on steps ends it with a reason; LangGraph's would end it with a traceback.
CONFIG = {"recursion_limit": 100_000}

work_at_once()


class Compiled:
    """A version's graph, the spec it was made from, and its pins: none of them ever changes."""

    def __init__(self, version: Version) -> None:
        self.spec = Spec.model_validate(version.spec)
        self.pins = Pins.model_validate(version.pins)
        self._graph = compile_spec(self.spec)

    def with_saver(self, saver: RunSaver) -> CompiledStateGraph:
        """The graph, saving through one run's saver. What was compiled is shared."""
        graph = copy.copy(self._graph)
        graph.checkpointer = saver
        return graph


def compile_spec(spec: Spec) -> CompiledStateGraph:
    builder = StateGraph(state_type(spec), context_schema=Session)
    for node in spec.nodes:
        builder.add_node(node.id, _runner(node))
    builder.add_edge(START, spec.start)
    return builder.compile()


def _runner(node: Node) -> Callable[[State, Runtime[Session]], Command]:
    run = RUNNERS[node.type]

    def step(state: Any, runtime: Runtime[Session]) -> Command:
        with bound(step=node.id):
            return run(node, state, runtime.context)

    return step


_kept: OrderedDict[UUID, Compiled] = OrderedDict()
_lock = threading.Lock()
MOST_KEPT = 256


def compiled(run: Run) -> Compiled:
    """The graph of the version that a run is pinned to. Kept: what runs was published, and that never changes."""
    with _lock:
        if run.version_id in _kept:
            _kept.move_to_end(run.version_id)
            return _kept[run.version_id]
    with tenant_context(run.tenant_id):
        version = Version.objects.get(id=run.version_id)
    let_go_of_connection()
    made = Compiled(version)
    with _lock:
        _kept[run.version_id] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made
