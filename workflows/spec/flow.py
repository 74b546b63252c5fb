"""Proofs on the graph: every node can be reached, every path ends, and nothing acts without a gate (design §6)."""

from __future__ import annotations

from workflows.spec.catalogue import Catalogue
from workflows.spec.document import Spec
from workflows.spec.findings import Findings
from workflows.spec.graph import Graph
from workflows.spec.nodes import Approval, Supervisor, Tool, Worker


def check_flow(spec: Spec, graph: Graph, catalogue: Catalogue, findings: Findings) -> None:
    if spec.start not in graph.nodes:
        return
    _check_reach(spec, graph, findings)
    cycle = graph.endless_path()
    if cycle:
        place = graph.nodes.index(cycle[-2])
        findings.fault(f"nodes.{place}.next", "endless_cycle",
                       f"{shown(cycle)} goes round with nothing that counts. Go back by a supervisor's `on_fail` or a "
                       "gate's `on_changes`.")
    for place, node in enumerate(spec.nodes):
        if isinstance(node, Tool) and not is_read_only(node, catalogue):
            _check_gates(place, node, spec, graph, findings)
        if isinstance(node, Approval):
            _check_releases(place, node, spec, graph, findings)


def is_read_only(node: Tool, catalogue: Catalogue) -> bool:
    """A tool that nobody knows may do anything."""
    return node.tool in catalogue.tools and catalogue.tools[node.tool].read_only


def gates_of(spec: Spec, node_id: str) -> list[Approval]:
    return [node for node in spec.nodes if isinstance(node, Approval) and node_id in node.releases]


def shown(path: list[str]) -> str:
    return " → ".join(path)


def _check_reach(spec: Spec, graph: Graph, findings: Findings) -> None:
    if any(path.endswith((".next", ".type")) or path == "start" for path in findings.quiet):
        return  # an edge that could not be read may be what leads there
    reached = graph.reached()
    workers = {node.id for node in spec.nodes if isinstance(node, Worker)}
    for place, node in enumerate(spec.nodes):
        if node.id not in reached:
            findings.fault(f"nodes.{place}", "unreachable", f"No path leads from `{spec.start}` to `{node.id}`.")
        elif isinstance(node, Supervisor | Approval):
            _check_written(place, node, workers, graph, findings)


def _check_written(place: int, node: Supervisor | Approval, workers: set[str], graph: Graph,
                   findings: Findings) -> None:
    key, target = ("judges", node.judges) if isinstance(node, Supervisor) else ("shows", node.shows)
    if target in workers and target not in graph.written_before.get(node.id, set()):
        path = graph.path_without(target, node.id) or [node.id]
        findings.fault(f"nodes.{place}.{key}", "not_on_every_path",
                       f"On {shown(path)}, `{target}` has written nothing yet.")


def _check_gates(place: int, node: Tool, spec: Spec, graph: Graph, findings: Findings) -> None:
    gates = [gate.id for gate in gates_of(spec, node.id)]
    path = graph.ungated_path(node.id, gates)
    if path is not None:
        findings.fault(f"nodes.{place}", "missing_gate",
                       f"`{node.id}` acts ({node.tool}), and no approval releases it on {shown(path)}. "
                       f"Pass an `approval` with `{node.id}` in its `releases` first.")
        return
    again = graph.repeated_path(node.id, gates)
    if again is not None:
        findings.fault(f"nodes.{place}", "repeats_without_gate",
                       f"`{node.id}` acts ({node.tool}) a second time on {shown(again)}, without a new approval.")


def _check_releases(place: int, gate: Approval, spec: Spec, graph: Graph, findings: Findings) -> None:
    after = graph.reached([gate.next] if gate.next else [])
    tools = {node.id for node in spec.nodes if isinstance(node, Tool)}
    for index, released in enumerate(gate.releases):
        if released in tools - after:
            findings.fault(f"nodes.{place}.releases.{index}", "never_called",
                           f"`{released}` does not come after `{gate.id}`: approving it would do nothing.")
