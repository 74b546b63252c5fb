"""Everything that publishing demands of a document, found at once (design §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from approvals.policies import Policy
from countersign.errors import Invalid
from workflows.spec.catalogue import Catalogue
from workflows.spec.document import Spec
from workflows.spec.findings import Findings
from workflows.spec.flow import check_flow
from workflows.spec.nodes import Approval
from workflows.spec.pins import GatePin, Pins, ToolPin
from workflows.spec.scope import check_scope
from workflows.spec.structure import check_structure, graph_of
from workflows.spec.supplies import check_supplies
from workflows.spec.tolerant import read_spec
from workflows.spec.work import bounded_work

Resolve = Callable[[Policy], tuple[GatePin, list[str]]]
"""A policy with its roles pinned, and sentences that warn; raises Invalid with paths into the policy."""


def validate(document: dict[str, Any], *, catalogue: Catalogue, resolve: Resolve) -> tuple[Findings, Pins | None]:
    """All faults and warnings of a document in its order, and its pins when there is no fault."""
    findings = Findings()
    spec = read_spec(document, findings)
    if spec is None:
        return findings.in_order(), None
    with bounded_work():
        check_structure(spec, findings)
        graph = graph_of(spec)
        check_flow(spec, graph, catalogue, findings)
        check_scope(spec, graph, findings)
        check_supplies(spec, catalogue, findings)
    gates = _resolved_policies(spec, resolve, findings)
    pins = None if findings.faults else _pins(spec, catalogue, gates)
    return findings.in_order(), pins


def _resolved_policies(spec: Spec, resolve: Resolve, findings: Findings) -> dict[str, GatePin]:
    gates = {}
    for place, node in enumerate(spec.nodes):
        if not isinstance(node, Approval):
            continue
        path = f"nodes.{place}.policy"
        try:
            gates[node.id], warnings = resolve(node.policy)
        except Invalid as error:
            for fault in error.fields or [{"field": "", "code": error.code, "detail": error.detail}]:
                inside = fault["field"].removeprefix("policy").lstrip(".")
                findings.fault(f"{path}.{inside}" if inside else path, fault["code"], fault["detail"])
        else:
            for warning in warnings:
                findings.warn(path, "nobody_can_decide", warning)
    return gates


def _pins(spec: Spec, catalogue: Catalogue, gates: dict[str, GatePin]) -> Pins:
    tools = {node.tool for node in spec.nodes if node.type == "tool"}
    models = {node.model for node in spec.nodes if node.type in ("worker", "supervisor") and node.model is not None}
    return Pins(gates=gates, models=sorted(models), tools={
        name: ToolPin(schema_hash=entry.schema_hash, read_only=entry.read_only, annotations=entry.annotations)
        for name in sorted(tools) if (entry := catalogue.tools[name])})
