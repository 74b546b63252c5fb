"""What an approval takes: rules that people meet, and who may not (design §7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from approvals.queries.roles import roles_by_name
from countersign.canonical import content_hash
from countersign.errors import Invalid, field_fault

MOST_PEOPLE = 50
WEEK = 7 * 24
YEAR = 365 * 24


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """`count` different people with this role."""

    role: str = Field(min_length=1, max_length=80)
    count: int = Field(1, ge=1, le=MOST_PEOPLE)


class Stage(_Part):
    """All rules must be met, by different people: somebody with two of the roles counts once."""

    rules: tuple[Rule, ...] = Field(min_length=1, max_length=20)

    @field_validator("rules")
    @classmethod
    def each_role_once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        names = [rule.role.casefold() for rule in rules]
        if len(set(names)) < len(names):
            raise ValueError("name each role once, with the number of people it takes")
        return rules


class Policy(_Part):
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=1)
    exclude_starter: bool = False
    exclude_authors: bool = False
    reason_required: bool = False
    expires_after_hours: int | None = Field(None, ge=1, le=YEAR)
    hold_seconds: int = Field(0, ge=0, le=WEEK * 3600)
    grant_hours: int = Field(24, ge=1, le=4 * WEEK)


class ResolvedRule(Rule):
    role_id: UUID


class ResolvedStage(Stage):
    rules: tuple[ResolvedRule, ...] = Field(min_length=1, max_length=20)


class ResolvedPolicy(Policy):
    """A policy whose roles are pinned by id: renaming a role later changes neither it nor its hash."""

    stages: tuple[ResolvedStage, ...] = Field(min_length=1, max_length=1)

    @property
    def rules(self) -> tuple[ResolvedRule, ...]:
        return self.stages[0].rules

    @property
    def role_ids(self) -> list[UUID]:
        return [rule.role_id for rule in self.rules]


def resolve_policy(policy: Policy) -> dict[str, Any]:
    """The policy as plain JSON with each role's id. Raises Invalid with one fault per role that does not exist."""
    known = roles_by_name([rule.role for stage in policy.stages for rule in stage.rules])
    document = policy.model_dump(mode="json")
    faults = []
    for i, stage in enumerate(document["stages"]):
        for j, rule in enumerate(stage["rules"]):
            if role := known.get(rule["role"]):
                rule |= {"role": role.name, "role_id": str(role.id)}
            else:
                faults.append(field_fault(f"stages.{i}.rules.{j}.role", "unknown_role",
                                          f"There is no approver role “{rule['role']}” in this team."))
    if faults:
        raise Invalid("The policy names approver roles that do not exist.", fields=faults)
    return document


def policy_hash(resolved: dict[str, Any]) -> str:
    return content_hash(resolved)


def policy_in_words(policy: ResolvedPolicy) -> str:
    """The policy as sentences, for whoever decides."""
    asked = _joined([f"{rule.count} × {rule.role}" for rule in policy.rules])
    people = "one person" if sum(rule.count for rule in policy.rules) == 1 else "all different people"
    sentences = [f"Needs {asked} ({people})."]
    sentences += ["Whoever started the run may not decide."] if policy.exclude_starter else []
    sentences += ["Authors of what is shown may not decide."] if policy.exclude_authors else []
    sentences += ["A reason is required."] if policy.reason_required else []
    if policy.expires_after_hours:
        sentences.append(f"Expires {_hours(policy.expires_after_hours)} after it opened.")
    if policy.hold_seconds:
        sentences.append(f"Held for {policy.hold_seconds} s after approval.")
    return " ".join(sentences)


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _hours(count: int) -> str:
    return "1 hour" if count == 1 else f"{count} hours"
