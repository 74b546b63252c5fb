"""What a verdict, or enough of them, does to a request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings

from approvals.eligibility import Holders, People, approvals_that_count, quorum_of
from approvals.errors import CannotSign
from approvals.models import ApprovalRequest, Decision, Grant, RequestStatus
from approvals.plans import PlannedCall, read_plan
from approvals.policies import ResolvedPolicy
from approvals.services.closing import close
from countersign.clock import now
from countersign.database.statements import insert
from countersign.grants import GrantClaims, sign_grant
from countersign.ids import new_id
from countersign.signing import SigningKey
from tenants.audit import Actor

_load = cache(SigningKey.load)


def settle_when_met(request: ApprovalRequest, people: People, *, actor: Actor, holders: Holders | None = None,
                    decisions: Iterable[Decision] | None = None) -> bool:
    """Approve a locked, open request once those who approved it meet its policy, and sign its grants.

    Only people who may still decide count. Without the signing key nothing happens: the next decision settles it.
    """
    holders = holders or Holders()
    counted = approvals_that_count(request, people, decisions)
    met = counted and quorum_of(request, counted, holders).met
    if not request.is_open or not met or not settings.GRANT_SIGNING_KEY:
        return False
    policy = holders.policy_of(request)
    held_until = now() + timedelta(seconds=policy.hold_seconds)
    grants = sign_grants(request, policy, read_plan(request.plan).calls, not_before=held_until)
    close(request, RequestStatus.APPROVED, actor=actor, approved_by=sorted(map(str, counted)),
          grants=[str(grant.id) for grant in grants])
    return True


def signing_key() -> SigningKey:
    """Raises CannotSign in every process but web."""
    if not settings.GRANT_SIGNING_KEY:
        raise CannotSign
    return _load(settings.GRANT_SIGNING_KEY)


def sign_grants(request: ApprovalRequest, policy: ResolvedPolicy, calls: tuple[PlannedCall, ...], *,
                not_before: datetime) -> list[Grant]:
    """One grant per call, valid for the policy's `grant_hours` from `not_before` on. Raises CannotSign."""
    key = signing_key()
    expires = not_before + timedelta(hours=policy.grant_hours)
    grants = [_grant(request, call, new_id(), not_before, expires, key) for call in calls]
    insert(grants)
    return grants


def _grant(request: ApprovalRequest, call: PlannedCall, grant_id: UUID, not_before: datetime, expires: datetime,
           key: SigningKey) -> Grant:
    claims = GrantClaims(
        id=grant_id, tenant=request.tenant_id, request=request.id, run=request.subject_id, revision=request.revision,
        call=call.id, tool=call.tool, schema_hash=call.schema_hash, arguments_hash=call.arguments_hash,
        policy_hash=request.policy_hash, not_before=not_before, expires=expires)
    return Grant(id=grant_id, request=request, call_id=call.id, tool=call.tool, arguments_hash=call.arguments_hash,
                 token=sign_grant(claims, key), not_before=not_before, expires_at=expires)
