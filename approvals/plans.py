"""The exact calls that an approval releases, and the hash that binds it to them (design §4.4)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from countersign.canonical import canonical_json, content_hash
from countersign.errors import Invalid, field_fault


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedCall(_Part):
    """One tool call as it will be made: `arguments` to the last character, `schema_hash` of the tool as it is now."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    tool: str = Field(min_length=1, max_length=120)
    schema_hash: str = Field(min_length=1, max_length=80)
    arguments: dict[str, Any]

    @property
    def arguments_hash(self) -> str:
        return content_hash(self.arguments)


class Plan(_Part):
    """Only what executes: rewording a description changes no hash."""

    version: str = Field(min_length=1, max_length=80)
    policy_hash: str = Field(min_length=1, max_length=80)
    calls: tuple[PlannedCall, ...] = Field(max_length=50)

    @field_validator("calls")
    @classmethod
    def each_call_once(cls, calls: tuple[PlannedCall, ...]) -> tuple[PlannedCall, ...]:
        if len({call.id for call in calls}) < len(calls):
            raise ValueError("two calls have the same id")
        return calls


def read_plan(document: dict[str, Any]) -> Plan:
    """Raises Invalid, with a fault per field, for what is no plan or what the database could not keep exactly."""
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        raise Invalid("This is not a plan.", fields=[
            field_fault(".".join(map(str, ("plan", *fault["loc"]))), fault["type"], fault["msg"])
            for fault in error.errors()]) from error
    refuse_unkeepable("plan", document)
    return plan


def refuse_unkeepable(field: str, document: Any) -> None:
    """Raises Invalid for JSON that has no canonical form, or that Postgres would not keep as it is."""
    try:
        canonical_json(document)
    except ValueError as error:  # NaN, integers past 2**53, lone surrogates
        raise Invalid(fields=[field_fault(field, "not_canonical", str(error))]) from error
    if _holds_null(document):
        raise Invalid(fields=[field_fault(field, "null_character", "Text may not contain the character U+0000.")])


def _holds_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_null(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_null, value))


def plan_hash(plan: dict[str, Any]) -> str:
    return content_hash(plan)
