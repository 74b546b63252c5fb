"""What the names in a spec meant when it was published: a run keeps to these (design §5.6)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class GatePin(BaseModel):
    """A gate's policy with its roles' ids, as `approvals.policies.resolve_policy` gives it."""

    model_config = ConfigDict(frozen=True)

    policy: dict[str, Any]
    policy_hash: str


class ToolPin(BaseModel):
    """`annotations` are the tool's own; `read_only` decides whether a call needs a grant."""

    model_config = ConfigDict(frozen=True)

    schema_hash: str
    read_only: bool
    annotations: dict[str, Any] = {}


class Pins(BaseModel):
    """Keys are gate ids, tool names; `models` are aliases, which the tenant may point elsewhere later."""

    model_config = ConfigDict(frozen=True)

    gates: dict[str, GatePin] = {}
    tools: dict[str, ToolPin] = {}
    models: list[str] = []
