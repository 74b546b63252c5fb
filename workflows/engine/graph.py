"""A version's spec as a LangGraph graph. Node ids are the spec's: a run begun under an earlier release resumes."""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from countersign.logs import bound, get_logger
from workflows.engine.nodes.approval import run_approval
from workflows.engine.nodes.supervisor import run_supervisor
from workflows.engine.nodes.tool import run_tool
from workflows.engine.nodes.worker import run_worker
from workflows.engine.saver import RunSaver
from workflows.engine.session import Session
from workflows.engine.state import State, state_type
from workflows.models import Version
from workflows.spec.document import Spec
from workflows.spec.nodes import Node

log = get_logger(__name__)

RUNNERS: dict[str, Callable[[Any, State, Session], Command]] = {
    "worker": run_worker, "supervisor": run_supervisor, "approval": run_approval, "tool": run_tool}

#: A run's own limit on steps ends it with a reason; LangGraph's would end it with a traceback.
RECURSION_LIMIT = 100_000


class Compiled:
    """A graph and the spec it was made from: one a version, for as long as the process lives."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._graph = compile_spec(spec)

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
            began = time.perf_counter()
            done = run(node, state, runtime.context)
            log.info("step.completed", ms=round((time.perf_counter() - began) * 1000, 1))
            return done

    return step


_kept: OrderedDict[tuple[UUID, str], Compiled] = OrderedDict()
_lock = threading.Lock()
MOST_KEPT = 256


def compiled(version: Version) -> Compiled:
    """The version's graph. A published version never changes; a draft's hash does, with its spec."""
    key = (version.id, version.spec_hash)
    with _lock:
        if key not in _kept:
            _kept[key] = Compiled(Spec.model_validate(version.spec))
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[key]
