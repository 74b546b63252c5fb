"""Who may decide a request: holds a role that the policy names, that role has `decide` on the scope, is a member now,
is active, is a person, and is not excluded. Asked when a request opens, when somebody decides, and when a grant is
consumed; never remembered between."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from approvals.models import ApprovalRequest, ApproverRole, Decision, Verdict
from approvals.policies import ResolvedPolicy
from approvals.quorum import Quorum, quorum
from countersign.database.statements import asked, load
from tenants.models import GroupMember, Membership, User

People = Mapping[UUID, Collection[UUID]]
"""User id -> the policy's roles in which that person may decide."""
Asked = tuple[UUID, frozenset[UUID]]
"""A scope and roles."""


@dataclass
class Holders:
    """Who holds roles with `decide`, per scope and set of roles: asked once, however many requests share them.

    Policies are read once too, by their hash.
    """

    known: dict[Asked, dict[UUID, set[UUID]]] = field(default_factory=dict)
    policies: dict[str, ResolvedPolicy] = field(default_factory=dict)
    waiting: dict[Asked, Callable[[], list[tuple[UUID, UUID]]]] = field(default_factory=dict)

    def ask(self, scope_id: UUID, role_ids: Iterable[UUID]) -> None:
        """Ask now what `of` will want to know."""
        roles = frozenset(role_ids)
        self.waiting[scope_id, roles] = asked(HOLDERS, {"scope": scope_id, "roles": list(roles)})

    def ask_for(self, request_id: UUID) -> Callable[[ApprovalRequest], None]:
        """Ask now what `of` will want to know of an open request that has not been read yet. Once it has, call what
        this returns."""
        held = asked(HOLDERS_OF_REQUEST, {"request": request_id})

        def known(request: ApprovalRequest) -> None:
            self.waiting[request.scope_id, frozenset(self.policy_of(request).role_ids)] = held

        return known

    def of(self, scope_id: UUID, role_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
        key = scope_id, frozenset(role_ids)
        if key not in self.known:
            if key not in self.waiting:
                self.ask(*key)
            people = self.known[key] = {}
            for user_id, role_id in self.waiting.pop(key)():
                people.setdefault(user_id, set()).add(role_id)
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


def approvals_that_count(request: ApprovalRequest, people: People,
                         decisions: Iterable[Decision] | None = None) -> dict[UUID, Collection[UUID]]:
    """Who approved exactly this plan and may still decide it. `decisions` are the request's, where they are known."""
    if decisions is None:
        decisions = load(Decision, "WHERE request_id = %s ORDER BY id", [request.id])
    exactly = (Verdict.APPROVE, request.revision, request.plan_hash)
    return {each.user_id: people[each.user_id] for each in decisions
            if (each.verdict, each.revision, each.plan_hash) == exactly and each.user_id in people}


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


# Every run asks this three times: when its request opens, at each decision, when a grant is used.
_HOLDERS = """
    SELECT member.user_id, role.id
    FROM approvals_approverrole AS role
    JOIN approvals_scopegrouppermission AS given ON given.tenant_id = role.tenant_id
        AND given.group_id = role.group_id AND given.content_object_id = {scope}
    JOIN auth_permission AS permission ON permission.id = given.permission_id AND permission.codename = 'decide_scope'
    JOIN tenants_groupmember AS member ON member.tenant_id = role.tenant_id AND member.group_id = role.group_id
    JOIN tenants_membership AS membership ON membership.tenant_id = member.tenant_id
        AND membership.user_id = member.user_id
    JOIN tenants_user AS person ON person.id = member.user_id AND person.is_active AND NOT person.is_service
    WHERE role.id = ANY({roles})"""
HOLDERS = _HOLDERS.format(scope="%(scope)s", roles="%(roles)s")
HOLDERS_OF_REQUEST = _HOLDERS.format(
    scope="(SELECT scope_id FROM approvals_approvalrequest WHERE id = %(request)s)",
    roles="ARRAY(SELECT role_id FROM approvals_requestrule WHERE request_id = %(request)s)")


