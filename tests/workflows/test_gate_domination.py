"""The proof that nothing acts unapproved, against the enumeration of every path of small random graphs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.spec.graph import Edge, Graph

NODES = ["a", "b", "c", "d", "e", "f"]
EDGES = [Edge(source, target, kind) for source in NODES for target in NODES for kind in ("next", "revise")]


def simple_paths(edges: list[Edge], start: str, target: str) -> Iterator[list[Edge]]:
    """Every way from start to target that visits no node twice, as its edges. Staying put is a way, too."""
    def extend(node: str, seen: tuple[str, ...], taken: list[Edge]) -> Iterator[list[Edge]]:
        if node == target:
            yield taken
            return
        for edge in edges:
            if edge.source == node and edge.target not in seen:
                yield from extend(edge.target, (*seen, edge.target), [*taken, edge])

    yield from extend(start, (start,), [])


def passes(path: list[Edge], gates: set[str]) -> bool:
    return any(edge.source in gates and edge.kind == "next" for edge in path)


graphs = st.builds(lambda edges: Graph("a", NODES, edges), st.lists(st.sampled_from(EDGES), max_size=14, unique=True))
gate_sets = st.sets(st.sampled_from(NODES), max_size=3)


@settings(max_examples=400, deadline=None)
@given(graph=graphs, gates=gate_sets, node=st.sampled_from(NODES))
def test_a_path_without_a_gate_is_found_when_and_only_when_there_is_one(graph, gates, node):
    ungated = [path for path in simple_paths(graph.edges, "a", node) if not passes(path, gates)]
    found = graph.ungated_path(node, gates)
    assert (found is not None) == bool(ungated)
    if found is not None:
        assert found in [["a", *(edge.target for edge in path)] for path in ungated]
        assert len(found) == min(len(path) for path in ungated) + 1


@settings(max_examples=400, deadline=None)
@given(graph=graphs, gates=gate_sets, node=st.sampled_from(NODES))
def test_acting_twice_on_one_approval_is_found_when_and_only_when_it_can_happen(graph, gates, node):
    rounds = [path for edge in graph.edges if edge.source == node
              for path in simple_paths(graph.edges, edge.target, node) if not passes(path, gates)]
    found = graph.repeated_path(node, gates)
    assert (found is not None) == bool(rounds)
    if found is not None:
        assert found[0] == found[-1] == node


@settings(max_examples=400, deadline=None)
@given(graph=graphs)
def test_what_has_run_by_a_node_is_what_stands_on_every_path_to_it(graph):
    for node, before in graph.written_before.items():
        paths = list(simple_paths(graph.edges, "a", node))
        on_all = set.intersection(*[{edge.source for edge in path} for path in paths])
        assert before == on_all
        for other in set(NODES) - before - {node}:
            path = graph.path_without(other, node)
            assert path is not None
            assert other not in path[:-1]


@settings(max_examples=400, deadline=None)
@given(graph=graphs)
def test_a_cycle_that_nothing_counts_is_found_when_and_only_when_there_is_one(graph):
    plain = [edge for edge in graph.edges if edge.kind == "next"]
    cycles = any(next(simple_paths(plain, edge.target, edge.source), None) is not None for edge in plain)
    found = graph.endless_path()
    assert (found is not None) == cycles
    if found is not None:
        assert found[0] == found[-1]
        steps = {(edge.source, edge.target) for edge in plain}
        assert all(step in steps for step in pairwise(found))
