"""The nodes of a spec, one model a type. `next: null` ends the run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from approvals.policies import Policy
from workflows.spec import bounds
from workflows.spec.checks import Check

# The pattern stands in the schema for editors; validation names a bad id together with all other faults.
ID_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
NodeId = Annotated[str, Field(min_length=1, max_length=40, json_schema_extra={"pattern": ID_PATTERN})]
Prompt = Annotated[str, Field(max_length=bounds.PROMPT_CHARACTERS, description="Jinja template")]
ModelAlias = Annotated[str, Field(min_length=1, max_length=80)]


class SpecModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Node(SpecModel):
    id: NodeId
    label: str = Field("", max_length=bounds.LABEL_CHARACTERS, description="What people see instead of the id")
    next: NodeId | None = None


class Worker(_Node):
    """A model writes or revises."""

    type: Literal["worker"]
    model: ModelAlias
    prompt: Prompt
    output: Literal["text"] | dict[str, Any] = Field("text", description="`text`, or the JSON Schema of an object")


class ChecklistItem(SpecModel):
    id: NodeId
    text: str = Field(min_length=1, max_length=1000)


class Supervisor(_Node):
    """Judges a worker's output by deterministic checks, by a model with a checklist, or by both. Never acts.

    While revisions remain, a verdict of `revise` takes `on_fail` (the judged worker unless stated); after that, `next`.
    """

    type: Literal["supervisor"]
    judges: NodeId
    model: ModelAlias | None = None
    prompt: Prompt | None = None
    checklist: list[ChecklistItem] = Field(default_factory=list, max_length=bounds.CHECKLIST_ITEMS)
    checks: list[Annotated[Check, Field(discriminator="type")]] = Field(
        default_factory=list, max_length=bounds.CHECKLIST_ITEMS)
    on_fail: NodeId | None = None

    @property
    def revises(self) -> str:
        return self.on_fail or self.judges


class Approval(_Node):
    """A gate: people see what `shows` wrote and the exact calls in `releases`, and decide."""

    type: Literal["approval"]
    shows: NodeId
    policy: Policy
    releases: list[NodeId] = Field(default_factory=list, max_length=bounds.RELEASED_CALLS)
    on_changes: NodeId | None = None

    @property
    def revises(self) -> str:
        return self.on_changes or self.shows


class Tool(_Node):
    """One call of a tenant's tool. Strings in `arguments` are templates; `{"$result": …}` refers to an earlier call."""

    type: Literal["tool"]
    tool: str = Field(min_length=1, max_length=120)
    arguments: dict[str, Any] = Field(default_factory=dict)


Node = Worker | Supervisor | Approval | Tool
