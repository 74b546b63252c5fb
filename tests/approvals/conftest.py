"""A team that approves: two editors, a lawyer, and a request to open for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from approvals.models import ApprovalRequest, ApproverRole, Decision, Scope
from approvals.policies import Policy, policy_hash, resolve_policy
from approvals.services import (
    Subject,
    add_role_member,
    create_role,
    create_scope,
    open_request,
    record_decision,
    set_permission,
)
from countersign.canonical import content_hash
from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import Actor
from tenants.models import Tenant, User

SYSTEM = Actor.system("test")
SHOWN = {"draft": "# News\n\nIt rained.", "format": "markdown", "verdict": None, "objections": [], "notes": []}


@dataclass
class Team:
    """A tenant, prepared as web would prepare it; `open` acts as the engine does."""

    tenant: Tenant
    make_member: Any
    as_role: Any
    scope: Scope | None = None
    roles: dict[str, ApproverRole] = field(default_factory=dict)
    subject: Subject = field(default_factory=lambda: Subject("run", new_id()))

    def context(self):
        return tenant_context(self.tenant.id)

    def role(self, name: str, *, decides: bool = True) -> ApproverRole:
        with self.context():
            self.roles[name] = create_role(name=name, actor=SYSTEM)
            if decides:
                set_permission(self.scope, self.roles[name], ["decide"], SYSTEM)
        return self.roles[name]

    def person(self, name: str, *roles: str, membership: str = "editor") -> User:
        user = self.make_member(self.tenant, f"{name}@{self.tenant.slug}.example", membership)
        with self.context():
            for role in roles:
                add_role_member(role=self.roles[role], user=user, actor=SYSTEM)
        return user

    def policy(self, rules: dict[str, int] | None = None, **options: Any) -> dict:
        rules = rules or {"Editor": 1}
        with self.context():
            return resolve_policy(Policy.model_validate(
                {"stages": [{"rules": [{"role": role, "count": n} for role, n in rules.items()]}], **options}))

    def plan(self, policy: dict, *calls: dict) -> dict:
        return {"version": str(UUID(int=1)), "policy_hash": policy_hash(policy), "calls": list(calls)}

    def open(self, rules: dict[str, int] | None = None, *, revision: int = 1, calls: list[dict] | None = None,
             subject: Subject | None = None, started_by: User | None = None, authors: list[User] = [],
             title: str = "Newsletter, March", **options: Any) -> ApprovalRequest:
        policy = self.policy(rules, **options)
        plan = self.plan(policy, *([self.call(f"Revision {revision}")] if calls is None else calls))
        with self.as_role("engine"), self.context():
            return open_request(
                scope=self.scope, subject=subject or self.subject, gate="gate", revision=revision, plan=plan,
                policy=policy, shown=SHOWN, title=title, started_by=started_by and started_by.id,
                authors=[author.id for author in authors])

    def decide(self, request: ApprovalRequest, by: User, verdict: str = "approve", **options: Any) -> Decision:
        options = {"revision": request.revision, "plan_hash": request.plan_hash, **options}
        with self.context():
            return record_decision(request=request, by=by, verdict=verdict, **options)

    def status(self, request: ApprovalRequest) -> str:
        with self.context():
            return ApprovalRequest.objects.get(id=request.id).status

    @staticmethod
    def call(content: str = "It rained.", *, id: str = "publish", tool: str = "files.write") -> dict:
        return {"id": id, "tool": tool, "schema_hash": content_hash({"tool": tool}),
                "arguments": {"name": "news.md", "content": content}}


@pytest.fixture
def make_team(make_tenant, make_member, as_role):
    def make(slug: str = "acme") -> Team:
        team = Team(make_tenant(slug), make_member, as_role)
        with team.context():
            team.scope = create_scope("Newsletter")
        return team

    return make


@pytest.fixture
def team(make_team) -> Team:
    """`acme` with the role Editor, which may decide."""
    team = make_team()
    team.role("Editor")
    return team


@pytest.fixture
def editor(team) -> User:
    return team.person("editor", "Editor")

