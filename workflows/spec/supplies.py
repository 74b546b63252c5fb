"""Does the tenant have what the spec asks for: models, tools, and arguments that its tools take."""

from __future__ import annotations

from typing import Any

from workflows.spec.catalogue import Catalogue, ToolEntry
from workflows.spec.document import Spec
from workflows.spec.findings import Findings
from workflows.spec.inputs import value_faults
from workflows.spec.nodes import Supervisor, Tool, Worker


def check_supplies(spec: Spec, catalogue: Catalogue, findings: Findings) -> None:
    models = {node.id: node.model for node in spec.nodes if isinstance(node, Worker)}
    for place, node in enumerate(spec.nodes):
        path = f"nodes.{place}"
        match node:
            case Worker():
                _check_model(f"{path}.model", node.model, catalogue, findings)
            case Supervisor() if node.model is not None:
                _check_model(f"{path}.model", node.model, catalogue, findings)
                if models.get(node.judges) == node.model:
                    findings.warn(f"{path}.model", "same_model",
                                  f"`{node.id}` judges with the model that `{node.judges}` writes with: it may share "
                                  "its blind spots.")
            case Tool():
                _check_tool(path, node, catalogue, findings)


def _check_model(path: str, alias: str, catalogue: Catalogue, findings: Findings) -> None:
    if alias not in catalogue.models:
        findings.fault(path, "unknown_model", f"There is no model {alias!r}. There are: {_listed(catalogue.models)}.")


def _check_tool(path: str, node: Tool, catalogue: Catalogue, findings: Findings) -> None:
    entry = catalogue.tools.get(node.tool)
    if entry is None:
        findings.fault(f"{path}.tool", "unknown_tool", f"There is no tool {node.tool!r}. There are: "
                                                       f"{_listed(catalogue.tools)}.")
        return
    _check_arguments(f"{path}.arguments", node, entry, findings)


def _check_arguments(path: str, node: Tool, entry: ToolEntry, findings: Findings) -> None:
    properties = entry.input_schema.get("properties", {})
    for name in entry.input_schema.get("required", []):
        if name not in node.arguments:
            findings.fault(f"{path}.{name}", "required", f"`{node.tool}` needs the argument `{name}`.")
    for name, value in node.arguments.items():
        if name not in properties:
            if properties or entry.input_schema.get("additionalProperties") is False:
                findings.fault(f"{path}.{name}", "unknown_argument",
                               f"`{node.tool}` takes no argument `{name}`. It takes: {_listed(properties)}.")
        elif _is_literal(value):
            schema = {"$defs": entry.input_schema.get("$defs", {}), **properties[name]}
            findings.extend(value_faults(schema, value, f"{path}.{name}"))


def _is_literal(value: Any) -> bool:
    """Whether a value is known now: no template and no `$result` in it."""
    if isinstance(value, dict):
        return "$result" not in value and all(map(_is_literal, value.values()))
    if isinstance(value, list):
        return all(map(_is_literal, value))
    return not (isinstance(value, str) and ("{{" in value or "{%" in value))


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
