"""Who may decide a request: holds a role that the policy names, that role has `decide` on the scope, is a member now,
is active, is a person, and is not excluded. Asked when a request opens, when somebody decides, and when a grant is
consumed; never remembered between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef

from approvals.models import ApprovalRequest, ApproverRole, ScopeGroupPermission, Verdict
from approvals.policies import ResolvedPolicy
from approvals.quorum import Quorum, quorum
from tenants.models import GroupMember, Membership, User

People = Mapping[UUID, Collection[UUID]]
"""User id -> the policy's roles in which that person may decide."""


@dataclass
class Holders:
    """Who holds roles with `decide`, per scope and set of roles: asked once, however many requests share them.

    Policies are read once too, by their hash.
    """

    known: dict[tuple[UUID, frozenset[UUID]], dict[UUID, set[UUID]]] = field(default_factory=dict)
    policies: dict[str, ResolvedPolicy] = field(default_factory=dict)

    def of(self, scope_id: UUID, role_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
        key = scope_id, frozenset(role_ids)
        if key not in self.known:
            self.known[key] = _holders(*key)
        return self.known[key]

    def policy_of(self, request: ApprovalRequest) -> ResolvedPolicy:
        if request.policy_hash not in self.policies:
            self.policies[request.policy_hash] = ResolvedPolicy.model_validate(request.policy)
        return self.policies[request.policy_hash]


def eligible_people(request: ApprovalRequest, holders: Holders | None = None) -> dict[UUID, set[UUID]]:
    """Everyone who may decide this request, whether or not they already have."""
    holders = holders or Holders()
    policy = holders.policy_of(request)
    held = holders.of(request.scope_id, policy.role_ids)
    excluded = set(exclusions(request, policy))
    return {user: roles for user, roles in held.items() if user not in excluded}


def exclusions(request: ApprovalRequest, policy: ResolvedPolicy) -> dict[UUID, str]:
    """Whom the policy keeps from deciding this request, and why, in words."""
    reasons: dict[UUID, str] = {}
    if policy.exclude_authors:
        reasons |= dict.fromkeys(request.authors, "You wrote or edited what is shown.")
    if policy.exclude_starter and request.started_by_id:
        reasons[request.started_by_id] = "You started this run."
    return reasons


def why_not(request: ApprovalRequest, user: User, people: People) -> str | None:
    """Why `user` may not decide, in words they can act on; None when they may. `people` is `eligible_people`."""
    if user.id in people:
        return None
    policy = ResolvedPolicy.model_validate(request.policy)
    if user.is_service:
        return "Service accounts cannot decide. A person with the right role must."
    if not user.is_active or not Membership.objects.filter(tenant_id=request.tenant_id, user=user).exists():
        return "You do not belong to this team any more."
    if reason := exclusions(request, policy).get(user.id):
        return reason
    held = ApproverRole.objects.filter(
        id__in=policy.role_ids, group__in=GroupMember.objects.filter(user=user).values("group_id"))
    if names := [role.name for role in held.order_by("name")]:
        return f"Your role {' or '.join(names)} may not decide on this workflow. An admin can allow it."
    return f"This takes the role {' or '.join(rule.role for rule in policy.rules)}, which you do not hold."


def approvals_that_count(request: ApprovalRequest, people: People) -> dict[UUID, Collection[UUID]]:
    """Who approved exactly this plan and may still decide it."""
    said = request.decisions.filter(
        verdict=Verdict.APPROVE, revision=request.revision, plan_hash=request.plan_hash)
    return {user: people[user] for user in said.values_list("user_id", flat=True) if user in people}


def quorum_of(request: ApprovalRequest, people: People, holders: Holders | None = None) -> Quorum:
    """How far `people` fill the rules of the request's policy."""
    policy = (holders or Holders()).policy_of(request)
    return quorum([(rule.role_id, rule.count) for rule in policy.rules], people)


def lacking(request: ApprovalRequest, people: People, holders: Holders | None = None) -> list[dict]:
    """The rules that all eligible people together cannot meet, and how many each lacks. Empty when it can be met."""
    holders = holders or Holders()
    policy = holders.policy_of(request)
    lacks = quorum_of(request, people, holders).lacks
    return [{"role": rule.role, "role_id": str(rule.role_id), "lacks": count}
            for rule, count in zip(policy.rules, lacks, strict=True) if count]


def _holders(scope_id: UUID, role_ids: frozenset[UUID]) -> dict[UUID, set[UUID]]:
    may_decide = ScopeGroupPermission.objects.filter(
        content_object=scope_id, group=OuterRef("group"), permission__codename="decide_scope")
    member = Membership.objects.filter(tenant=OuterRef("tenant"), user=OuterRef("user"))
    role_of_group = dict(ApproverRole.objects.filter(id__in=role_ids).values_list("group_id", "id"))
    rows = GroupMember.objects.filter(
        Exists(may_decide), Exists(member), group__in=role_of_group, user__is_active=True, user__is_service=False)
    people: dict[UUID, set[UUID]] = {}
    for user_id, group_id in rows.values_list("user_id", "group_id"):
        people.setdefault(user_id, set()).add(role_of_group[group_id])
    return people
