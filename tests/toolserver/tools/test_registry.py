"""A tool's hash pins what executes, and only that."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from toolserver.tools.contract import Adapter
from toolserver.tools.registry import ADAPTERS, schema_hash


class Plain(BaseModel):
    title: str = Field(description="The old words")
    description: str = "none"


def tool(**changes: Any) -> Adapter:
    usual = {"name": "notes.add", "title": "Add", "description": "Adds.", "arguments": Plain,
             "annotations": {"readOnlyHint": False}, "credential_kind": None}
    return type("Tool", (), usual | changes)()


def test_rewording_keeps_the_hash() -> None:
    class Reworded(BaseModel):
        title: str = Field(description="Quite other words", title="A title")
        description: str = "none"

    assert schema_hash(tool()) == schema_hash(tool(description="Other words.", title="Other", arguments=Reworded))


def test_what_executes_changes_the_hash() -> None:
    class Longer(BaseModel):
        title: str = Field(max_length=10)
        description: str = "none"

    class OtherNames(BaseModel):
        title: str
        words: str = "none"

    class OtherDefault(BaseModel):
        title: str
        description: str = "some"

    tools = [tool(), tool(name="notes.put"), tool(arguments=Longer), tool(arguments=OtherNames),
             tool(arguments=OtherDefault), tool(annotations={"readOnlyHint": True})]
    assert len({schema_hash(t) for t in tools}) == len(tools)


def test_every_adapter_states_its_hints() -> None:
    for adapter in ADAPTERS.values():
        assert set(adapter.annotations) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert adapter.description
        assert adapter.title
