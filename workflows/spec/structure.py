"""Ids, references between nodes, and what a node needs to make sense."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from workflows.spec.document import Spec
from workflows.spec.findings import Findings
from workflows.spec.graph import Edge, Graph
from workflows.spec.inputs import schema_faults
from workflows.spec.nodes import ID_PATTERN, Approval, Node, Supervisor, Tool, Worker

# What templates see besides nodes' outputs: a node may not take such a name.
RESERVED = frozenset({"input", "feedback", "revision", "objections", "loop", "range"})


def graph_of(spec: Spec) -> Graph:
    workers = {node.id for node in spec.nodes if isinstance(node, Worker)}
    edges = [edge for node in spec.nodes for edge in _edges(node, workers)]
    return Graph(spec.start, [node.id for node in spec.nodes], edges)


def _edges(node: Node, workers: set[str]) -> Iterator[Edge]:
    if node.next is not None:
        yield Edge(node.id, node.next)
    if isinstance(node, Supervisor | Approval) and node.revises in workers:
        yield Edge(node.id, node.revises, "revise")


def check_structure(spec: Spec, findings: Findings) -> None:
    nodes = {node.id: node for node in spec.nodes}
    _check_ids([(f"nodes.{place}.id", node.id) for place, node in enumerate(spec.nodes)], findings)
    if spec.start not in nodes:
        findings.fault("start", "unresolved", f"There is no node {spec.start!r}.")
    findings.extend(schema_faults(spec.input, "input"))
    for place, node in enumerate(spec.nodes):
        path = f"nodes.{place}"
        if node.id in RESERVED:
            findings.fault(f"{path}.id", "reserved", f"`{node.id}` has a meaning of its own in templates.")
        if node.next is not None:
            _resolve(f"{path}.next", node.next, nodes, findings)
        match node:
            case Worker() if node.output != "text":
                findings.extend(schema_faults(node.output, f"{path}.output"))
            case Supervisor():
                _check_supervisor(path, node, nodes, findings)
            case Approval():
                _check_approval(path, node, nodes, findings)


def _check_ids(ids: list[tuple[str, str]], findings: Findings) -> None:
    seen = Counter(name for _, name in ids)
    for path, name in ids:
        if not re.match(ID_PATTERN, name):
            findings.fault(path, "invalid_id", f"{name!r} is not an id: small letters, digits and `_`, a letter first.")
        if seen[name] > 1:
            findings.fault(path, "duplicate_id", f"{name!r} stands {seen[name]} times.")


def _check_supervisor(path: str, node: Supervisor, nodes: dict[str, Node], findings: Findings) -> None:
    _resolve(f"{path}.judges", node.judges, nodes, findings, Worker)
    if node.on_fail is not None:
        _resolve(f"{path}.on_fail", node.on_fail, nodes, findings, Worker)
    parts = [(f"{path}.checklist", node.checklist), (f"{path}.checks", node.checks)]
    _check_ids([(f"{part}.{place}.id", item.id) for part, items in parts for place, item in enumerate(items)], findings)
    if node.model is None and not node.checks:
        findings.fault(path, "nothing_to_judge_by", "A supervisor needs a model, checks, or both.")
    if node.model is None and (node.prompt is not None or node.checklist):
        findings.fault(f"{path}.model", "required", "Its prompt and checklist need a model that reads them.")
    if node.model is not None and node.prompt is None:
        findings.fault(f"{path}.prompt", "required", "Its model needs a prompt.")


def _check_approval(path: str, node: Approval, nodes: dict[str, Node], findings: Findings) -> None:
    _resolve(f"{path}.shows", node.shows, nodes, findings, Worker)
    if node.on_changes is not None:
        _resolve(f"{path}.on_changes", node.on_changes, nodes, findings, Worker)
    for place, released in enumerate(node.releases):
        _resolve(f"{path}.releases.{place}", released, nodes, findings, Tool)
        if released in node.releases[:place]:
            findings.fault(f"{path}.releases.{place}", "duplicate_id", f"{released!r} is released once already.")


def _resolve(path: str, target: str, nodes: dict[str, Node], findings: Findings,
             kind: type[Node] | None = None) -> None:
    if target not in nodes:
        findings.fault(path, "unresolved", f"There is no node {target!r}.")
    elif kind is not None and not isinstance(nodes[target], kind):
        wanted = kind.__name__.lower()
        findings.fault(path, "wrong_node", f"{target!r} is of type {nodes[target].type}; this needs a {wanted}.")
