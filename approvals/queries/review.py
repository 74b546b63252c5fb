"""Everything that somebody needs to decide one request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from approvals.eligibility import People, approvals_that_count, eligible_people, quorum_of, why_not
from approvals.models import ApprovalRequest, Assignment, Decision, Grant, RequestStatus
from approvals.plans import PlannedCall, read_plan
from approvals.policies import ResolvedPolicy, policy_in_words
from approvals.queries.grants import grants_of
from countersign.database.statements import load
from tenants.models import User


def role_names(decision: Decision, policy: ResolvedPolicy) -> list[str]:
    """Of the roles somebody decided in: as the policy calls them, whatever they are called now."""
    names = {rule.role_id: rule.role for rule in policy.rules}
    return [names[role] for role in decision.roles if role in names]


@dataclass
class Review:
    """One request as `viewer` sees it. Each part is asked for once."""

    request: ApprovalRequest
    viewer: User

    @cached_property
    def policy(self) -> ResolvedPolicy:
        return ResolvedPolicy.model_validate(self.request.policy)

    @cached_property
    def calls(self) -> tuple[PlannedCall, ...]:
        return read_plan(self.request.plan).calls

    @cached_property
    def decisions(self) -> list[Decision]:
        """With who made each, and with `role_names`."""
        for decision in self._decisions:
            decision.user = self.users[decision.user_id]
            decision.role_names = role_names(decision, self.policy)
        return self._decisions

    @cached_property
    def _decisions(self) -> list[Decision]:
        return load(Decision, "WHERE request_id = %s ORDER BY id", [self.request.id])

    @cached_property
    def grants(self) -> list[Grant]:
        return grants_of(self.request.id)

    @cached_property
    def people(self) -> People:
        """Who may decide; of a closed request, who could have when it closed."""
        if self.request.status == RequestStatus.OPEN:
            return eligible_people(self.request)
        return dict(Assignment.objects.filter(request=self.request).values_list("user_id", "roles"))

    @cached_property
    def users(self) -> dict[UUID, User]:
        ids = {*self.people, *self.request.authors, *(decision.user_id for decision in self._decisions)}
        return {user.id: user for user in load(User, "WHERE id = ANY(%s)", [list(ids)])}

    @property
    def authors(self) -> list[User]:
        return [self.users[author] for author in self.request.authors if author in self.users]

    def may_decide(self) -> list[dict[str, Any]]:
        decided = {decision.user_id for decision in self._decisions}
        asked = [{"id": user.id, "email": user.email, "name": user.name, "decided": user.id in decided,
                  "roles": [rule.role for rule in self.policy.rules if rule.role_id in self.people[user.id]]}
                 for user in self.users.values() if user.id in self.people]
        return sorted(asked, key=lambda person: person["email"])

    def policy_state(self) -> dict[str, Any]:
        filled = quorum_of(self.request, approvals_that_count(self.request, self.people)).filled
        rules = [{**rule.model_dump(), "approved": have} for rule, have in zip(self.policy.rules, filled, strict=True)]
        return {**self.policy.model_dump(exclude={"stages"}), "rules": rules, "hash": self.request.policy_hash,
                "words": policy_in_words(self.policy)}

    def mine(self) -> dict[str, Any]:
        reason = self._why_not()
        return {"may": reason is None, "reason": reason}

    def _why_not(self) -> str | None:
        if not self.request.is_open:
            status = RequestStatus.EXPIRED if self.request.status == RequestStatus.OPEN else self.request.status
            return f"This request is {RequestStatus(status).label.lower()}."
        mine = next((decision for decision in self._decisions if decision.user_id == self.viewer.id), None)
        if mine:
            return f"You already decided ({mine.get_verdict_display().lower()})."
        return why_not(self.request, self.viewer, self.people)
