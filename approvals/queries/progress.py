"""How far the policies of many requests are met, for lists: two queries, however many requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest, Assignment, Decision, Verdict
from approvals.policies import ResolvedPolicy
from approvals.quorum import quorum


def progress_of(requests: Sequence[ApprovalRequest]) -> dict[UUID, list[dict[str, Any]]]:
    """By request, each rule of its policy and how many people are counted for it.

    Read from the assignments, which are kept in step with who may decide; what counts is asked again at a decision.
    """
    approved: dict[UUID, set[UUID]] = defaultdict(set)
    for request_id, user_id in Decision.objects.filter(request__in=requests, verdict=Verdict.APPROVE).values_list(
            "request_id", "user_id"):
        approved[request_id].add(user_id)
    people: dict[UUID, dict[UUID, list[UUID]]] = defaultdict(dict)
    for request_id, user_id, roles in Assignment.objects.filter(
            request__in=approved, user__in=set().union(*approved.values())).values_list(
            "request_id", "user_id", "roles"):
        if user_id in approved[request_id]:
            people[request_id][user_id] = roles
    return {request.id: _rules(request, people[request.id]) for request in requests}


def _rules(request: ApprovalRequest, people: dict[UUID, list[UUID]]) -> list[dict[str, Any]]:
    rules = ResolvedPolicy.model_validate(request.policy).rules
    filled = quorum([(rule.role_id, rule.count) for rule in rules], people).filled
    return [{**rule.model_dump(), "approved": have} for rule, have in zip(rules, filled, strict=True)]
