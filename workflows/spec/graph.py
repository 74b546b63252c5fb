"""A spec as a graph, and what can be proved on it before anything runs (design §6).

Nothing here knows pydantic or Jinja: nodes are ids, edges are `Edge`s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Edge:
    """`next` goes on; `revise` sends work back, and is counted (a supervisor's) or a person's decision (a gate's)."""

    source: str
    target: str
    kind: Literal["next", "revise"] = "next"


class Graph:
    """Edges to nodes that do not exist are left out."""

    def __init__(self, start: str, nodes: Iterable[str], edges: Iterable[Edge]) -> None:
        self.start = start
        self.nodes = list(dict.fromkeys(nodes))
        known = set(self.nodes)
        self.edges = [edge for edge in edges if edge.source in known and edge.target in known]
        self._out: dict[str, list[Edge]] = {node: [] for node in self.nodes}
        for edge in self.edges:
            self._out[edge.source].append(edge)

    def reached(self, sources: Iterable[str] | None = None) -> set[str]:
        return set(self._steps(self._starts(sources), lambda edge: True))

    def ungated_path(self, node: str, gates: Iterable[str]) -> list[str] | None:
        """The shortest path from the start to `node` on which none of `gates` was passed by its `next`.

        None proves that each run of `node` on its first visit comes after an approval by one of them: asking for
        changes at a gate goes back, and passes nothing.
        """
        return self._path_without(self._starts(None), node, set(gates))

    def repeated_path(self, node: str, gates: Iterable[str]) -> list[str] | None:
        """The shortest path from `node` back to itself that passes none of `gates`: one approval, two acts."""
        after = [edge.target for edge in self._out.get(node, ())]
        path = self._path_without(after, node, set(gates))
        return path and [node, *path]

    def endless_path(self) -> list[str] | None:
        """A cycle of `next` edges alone, which nothing counts."""
        done: set[str] = set()
        for first in self.nodes:
            trail: dict[str, Iterator[str]] = {first: self._nexts(first)} if first not in done else {}
            while trail:
                current = next(reversed(trail))
                target = next(trail[current], None)
                if target is None:
                    done.add(current)
                    del trail[current]
                elif target in trail:
                    ids = list(trail)
                    return [*ids[ids.index(target):], target]
                elif target not in done:
                    trail[target] = self._nexts(target)
        return None

    @cached_property
    def written_before(self) -> dict[str, set[str]]:
        """For each reachable node, the nodes that have run on every path to it (not itself, unless it ran before)."""
        reachable = self.reached()
        before = {node: set(reachable) for node in reachable}
        into: dict[str, list[str]] = {node: [] for node in reachable}
        for edge in self.edges:
            if edge.source in reachable:
                into[edge.target].append(edge.source)
        waiting = deque(node for node in self.nodes if node in reachable)
        while waiting:
            node = waiting.popleft()
            known = [before[source] | {source} for source in into[node]]
            settled = set() if node == self.start or not known else set.intersection(*known)
            if settled != before[node]:
                before[node] = settled
                waiting.extend(edge.target for edge in self._out[node])
        return before

    def path_without(self, avoided: str, node: str) -> list[str] | None:
        """The shortest path from the start to `node` before which `avoided` has not run."""
        if avoided == node:
            return _traced(self._steps(self._starts(None), lambda edge: True), node)
        starts = [start for start in self._starts(None) if start != avoided]
        return _traced(self._steps(starts, lambda edge: edge.target != avoided), node)

    def _starts(self, sources: Iterable[str] | None) -> list[str]:
        wanted = [self.start] if sources is None else sources
        return [node for node in wanted if node in self._out]

    def _nexts(self, node: str) -> Iterator[str]:
        return iter([edge.target for edge in self._out[node] if edge.kind == "next"])

    def _path_without(self, starts: list[str], node: str, gates: set[str]) -> list[str] | None:
        return _traced(self._steps(starts, lambda edge: not (edge.source in gates and edge.kind == "next")), node)

    def _steps(self, starts: list[str], allowed: Callable[[Edge], bool]) -> dict[str, str | None]:
        """Breadth first over allowed edges: each node reached, and the one before it."""
        before: dict[str, str | None] = dict.fromkeys(starts)
        waiting = deque(before)
        while waiting:
            for edge in self._out[waiting.popleft()]:
                if edge.target not in before and allowed(edge):
                    before[edge.target] = edge.source
                    waiting.append(edge.target)
        return before


def _traced(before: dict[str, str | None], node: str) -> list[str] | None:
    if node not in before:
        return None
    path: list[str] = []
    step: str | None = node
    while step is not None:
        path.append(step)
        step = before[step]
    return path[::-1]
