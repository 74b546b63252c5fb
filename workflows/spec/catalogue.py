"""What a tenant's tool server offers: the models and tools that a spec may name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ModelEntry(BaseModel):
    """`offline` models are rule-based stand-ins that need no key."""

    model_config = ConfigDict(frozen=True)

    label: str = ""
    offline: bool = False


class ToolEntry(BaseModel):
    """One tool as `tools/list` describes it. Whatever does not say that it only reads, acts."""

    model_config = ConfigDict(frozen=True)

    description: str = ""
    input_schema: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    schema_hash: str

    @property
    def read_only(self) -> bool:
        return self.annotations.get("readOnlyHint") is True


class Catalogue(BaseModel):
    model_config = ConfigDict(frozen=True)

    models: dict[str, ModelEntry] = {}
    tools: dict[str, ToolEntry] = {}
