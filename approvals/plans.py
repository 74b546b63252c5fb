"""The exact calls that an approval releases, and the hash that binds it to them (design §4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from countersign.canonical import canonical_json, content_hash
from countersign.errors import Invalid, field_fault

LARGEST = 2**53


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


P = TypeVar("P", bound=_Part)


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


class Check(_Part):
    id: str
    passed: bool
    note: str = ""


class Judgement(_Part):
    """What a supervisor thought of the draft. It helps to look; it decides nothing."""

    verdict: Literal["pass", "revise"]
    summary: str = ""
    checks: list[Check] = []


class Shown(_Part):
    """What people are given to read beside the calls. It binds nothing: the hash covers only what executes."""

    draft: str = ""
    format: str = "markdown"
    verdict: Judgement | None = None
    objections: list[Any] = []
    notes: list[Any] = []


def read_plan(document: dict[str, Any]) -> Plan:
    """Raises Invalid, with a fault per field, for what is no plan or what the database could not keep exactly."""
    return _read(Plan, "plan", document)


def read_shown(document: dict[str, Any]) -> Shown:
    """Raises Invalid, as `read_plan` does."""
    return _read(Shown, "shown", document)


def _read(model: type[P], field: str, document: dict[str, Any]) -> P:
    try:
        part = model.model_validate(document)
    except ValidationError as error:
        raise Invalid(f"This is not what a {field} looks like.", fields=[
            field_fault(".".join(map(str, (field, *fault["loc"]))), fault["type"], fault["msg"])
            for fault in error.errors()]) from error
    _refuse_unkeepable(field, document)
    return part


def _refuse_unkeepable(field: str, document: Any) -> None:
    """Raises Invalid for JSON that has no canonical form, or that Postgres would not keep as it is."""
    try:
        canonical_json(document)
    except ValueError as error:  # NaN, integers past 2**53, lone surrogates
        raise Invalid(fields=[field_fault(field, "not_canonical", str(error))]) from error
    for value in _leaves(document):
        if isinstance(value, str) and "\0" in value:
            raise Invalid(fields=[field_fault(field, "null_character", "Text may not contain the character U+0000.")])
        if isinstance(value, float) and abs(value) >= LARGEST:
            # The database would hand it back as a whole number that has no canonical form.
            raise Invalid(fields=[field_fault(field, "not_canonical", "A number is too large to be kept exactly.")])


def _leaves(value: Any) -> Iterator[Any]:
    """Every text and number in it, keys included."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def plan_hash(plan: dict[str, Any]) -> str:
    return content_hash(plan)
