"""The spec document: what one version of a template says (design §6). Its JSON Schema drives the editor's forms."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from workflows.spec import bounds
from workflows.spec.nodes import Node, NodeId, SpecModel


class Limits(SpecModel):
    """What a run may use up. Time counts while it runs, not while it waits for people."""

    revisions: int = Field(3, ge=0, le=20, description="Revisions asked for by supervisors")
    steps: int = Field(60, ge=1, le=1000)
    seconds: int = Field(900, ge=1, le=86_400)
    cost: float = Field(1.0, ge=0, le=10_000, allow_inf_nan=False, description="USD")


class Spec(SpecModel):
    model_config = ConfigDict(title="Countersign workflow", json_schema_extra={
        "$schema": "https://json-schema.org/draft/2020-12/schema"})

    name: str = Field(min_length=1, max_length=bounds.LABEL_CHARACTERS)
    description: str = Field("", max_length=2000)
    input: dict[str, Any] = Field(default_factory=lambda: {"type": "object"},
                                  description="JSON Schema (2020-12) of what a run is started with: an object")
    limits: Limits = Field(default_factory=Limits)
    start: NodeId
    nodes: list[Annotated[Node, Field(discriminator="type")]] = Field(min_length=1, max_length=bounds.NODES)

    def node(self, node_id: str) -> Node:
        """Raises KeyError."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)


def spec_schema() -> dict[str, Any]:
    """The JSON Schema of the spec document."""
    return Spec.model_json_schema(by_alias=True)
