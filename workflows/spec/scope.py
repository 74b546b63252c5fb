"""Every name in every template: does it exist, and does it exist by then on every path (design §6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workflows.errors import TemplateFailed
from workflows.spec.bounds import TEMPLATE_CODE
from workflows.spec.document import Spec
from workflows.spec.findings import Findings
from workflows.spec.flow import gates_of, shown
from workflows.spec.graph import Graph
from workflows.spec.names import Use, uses
from workflows.spec.nodes import Approval, Node, Supervisor, Tool, Worker
from workflows.spec.templates import check_template

ALWAYS = frozenset({"input", "feedback", "revision", "objections"})
CODE = re.compile(r"\{[{%#].*?(?:[}%#]\}|\Z)", re.DOTALL)
EACH_TEMPLATE = 20  # what reading one costs, however short, in characters of code


def check_scope(spec: Spec, graph: Graph, findings: Findings) -> None:
    scope = _Scope(spec, graph, findings)
    for place, node in enumerate(spec.nodes):
        for path, source in _templates(f"nodes.{place}", node):
            scope.check(path, source, node)
        if isinstance(node, Tool):
            _check_results(f"nodes.{place}.arguments", node, spec, graph, findings)


class _Scope:
    def __init__(self, spec: Spec, graph: Graph, findings: Findings) -> None:
        self.spec = spec
        self.graph = graph
        self.findings = findings
        self.before = graph.written_before if spec.start in graph.nodes else {}
        sound = not findings.are_full and not any(fault["field"].split(".")[0] == "input" for fault in findings.faults)
        self.properties: dict[str, Any] | None = spec.input.get("properties") if sound else None
        self.outputs = {node.id for node in spec.nodes if not isinstance(node, Approval)}
        self.code = 0

    def check(self, path: str, source: str, node: Node) -> None:
        if "{" not in source:
            return
        self.code += EACH_TEMPLATE + sum(len(code) for code in CODE.findall(source))
        if self.code > TEMPLATE_CODE:
            self.findings.fault(path, "too_many", f"A spec's templates may have {TEMPLATE_CODE:,} characters of code, "
                                                  "between braces, at most.")
            return
        try:
            check_template(source)
            found = uses(source)
        except TemplateFailed as error:
            self.findings.fault(path, error.code, error.detail)
            return
        for use in sorted(found, key=str):
            if use.name == "input":
                self._check_input(path, use)
            elif use.name not in ALWAYS:
                self._check_output(path, use, node)

    def _check_input(self, path: str, use: Use) -> None:
        if use.part is None or self.properties is None:
            return
        properties = self.properties
        if use.part not in properties:
            known = ", ".join(properties) or "none"
            self.findings.fault(path, "unknown_name", f"`{use}` is not part of the input, which has: {known}.")
        elif not use.guarded and not self._always_given(use.part, properties):
            self.findings.fault(path, "may_be_missing",
                                f"`{use}` may be left out of the input. Require it, give it a default in the input's "
                                f"schema, or ask `{{% if {use} is defined %}}` first.")

    def _always_given(self, part: str, properties: dict[str, Any]) -> bool:
        schema = properties[part]
        return part in self.spec.input.get("required", []) or (isinstance(schema, dict) and "default" in schema)

    def _check_output(self, path: str, use: Use, node: Node) -> None:
        if use.name not in self.outputs:
            known = ", ".join([*sorted(ALWAYS), *sorted(self.outputs)])
            self.findings.fault(path, "unknown_name", f"`{use.name}` is not a name here. There are: {known}.")
            return
        if use.guarded:
            return
        gates = [gate.id for gate in gates_of(self.spec, node.id)]
        for place in gates or [node.id]:
            if place in self.before and use.name not in self.before[place]:
                way = shown(self.graph.path_without(use.name, place) or [place])
                fix = ("Its arguments are fixed when people approve them: an earlier call's outcome is "
                       f"`{{\"$result\": {{\"call\": \"{use.name}\", \"path\": []}}}}`." if gates else
                       f"Ask `{{% if {use.name} is defined %}}` first.")
                self.findings.fault(path, "not_on_every_path", f"On {way}, `{use.name}` does not exist yet. {fix}")


def _templates(path: str, node: Node) -> Iterator[tuple[str, str]]:
    match node:
        case Worker():
            yield f"{path}.prompt", node.prompt
        case Supervisor():
            if node.prompt is not None:
                yield f"{path}.prompt", node.prompt
            for place, check in enumerate(node.checks):
                for key, value in check:
                    if isinstance(value, str) and key not in ("id", "type"):
                        yield f"{path}.checks.{place}.{key}", value
        case Tool():
            yield from _strings(f"{path}.arguments", node.arguments)


def _strings(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _strings(f"{path}.{place}", item)
    elif isinstance(value, dict) and set(value) != {"$result"}:
        for key, item in value.items():
            yield from _strings(f"{path}.{key}", item)


def _references(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and "$result" in value:
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _references(f"{path}.{key}", item)


def _check_results(path: str, node: Tool, spec: Spec, graph: Graph, findings: Findings) -> None:
    """A `$result` is of a call that the same approval releases, and that has run by then."""
    gates = gates_of(spec, node.id)
    for place, reference in _references(path, node.arguments):
        call = _referred(reference)
        if call is None:
            findings.fault(place, "invalid_result",
                           'Write it as {"$result": {"call": "<node>", "path": ["<key>", …]}}.')
        elif not gates or any(call not in gate.releases for gate in gates):
            findings.fault(place, "invalid_result", f"`{call}` is not released by the same approval as `{node.id}`.")
        elif call == node.id or call not in graph.written_before.get(node.id, {call}):
            findings.fault(place, "invalid_result", f"`{call}` has not run on every path by the time of `{node.id}`.")


def _referred(reference: dict[str, Any]) -> str | None:
    inside = reference["$result"]
    if len(reference) != 1 or not isinstance(inside, dict) or not {"call"} <= set(inside) <= {"call", "path"}:
        return None
    path = inside.get("path", [])
    if not isinstance(path, list) or not all(isinstance(step, str | int) for step in path):
        return None
    return inside["call"] if isinstance(inside["call"], str) else None
