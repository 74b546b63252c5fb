"""Using a grant, and replacing one that ran out."""

from __future__ import annotations

from collections.abc import Iterable

from approvals.eligibility import Holders, approvals_that_count, eligible_people, quorum_of
from approvals.errors import ApproverGone, NotApproved
from approvals.models import ApprovalRequest, Decision, Grant, GrantStatus, RequestStatus
from approvals.plans import read_plan
from approvals.policies import ResolvedPolicy
from approvals.queries.grants import grants_of
from approvals.services.settlement import sign_grants
from countersign.clock import now
from countersign.database.statements import loading, pipelined, update
from countersign.grants import GrantClaims, GrantRefused
from tenants.audit import Actor, record

REFUSALS = {
    GrantStatus.CONSUMED: ("grant_used", "The grant was used already."),
    GrantStatus.REVOKED: ("grant_revoked", "The grant was revoked."),
    GrantStatus.EXPIRED: ("grant_expired", "The grant has expired."),
    GrantStatus.HELD: ("grant_not_yet_valid", "The grant is held until its time comes."),
}


def consume_grant(claims: GrantClaims) -> Grant:
    """Use a grant up, in the caller's transaction, which also writes what it is used for.

    The claims' signature is the caller's to check. Raises GrantRefused with `grant_unknown`, `grant_used`,
    `grant_revoked`, `grant_expired`, `grant_not_yet_valid`, or `grant_approver_gone` when those who approved no longer
    meet the policy (design §7: rights are checked at decision and again at execution).
    """
    with pipelined():
        grants = loading(Grant, "WHERE id = %s AND request_id = %s AND call_id = %s FOR NO KEY UPDATE",
                         [claims.id, claims.request, claims.call])
        requests = loading(ApprovalRequest, "WHERE id = %s", [claims.request])
        decisions = loading(Decision, "WHERE request_id = %s ORDER BY id", [claims.request])
    grant = next(iter(grants()), None)
    if grant is None:
        raise GrantRefused("No such grant was made here.", code="grant_unknown")
    if refusal := REFUSALS.get(grant.status):
        raise GrantRefused(refusal[1], code=refusal[0])
    if not approval_holds(*requests(), decisions()):
        raise GrantRefused("Somebody who approved this may no longer decide it.", code="grant_approver_gone")
    grant.consumed_at = now()
    with pipelined():
        update(grant, "consumed_at")
        record(action="grant.consumed", subject=("approval", grant.request_id), actor=Actor.system("toolserver"),
               data={"grant": grant.id, "call": grant.call_id, "tool": grant.tool})
    return grant


def reissue_grants(request: ApprovalRequest, actor: Actor) -> list[Grant]:
    """Sign anew the grants of an approved request whose time is over. Returns its current grants.

    Also of a grant that was used: its call may be proven not to have happened, and wait for another try. Where it did
    happen, the ledger's key keeps the new grant from a second effect. Safe to repeat: what is still good stays as it
    is. A revoked grant is not replaced.
    Raises NotApproved, ApproverGone, and CannotSign outside web.
    """
    request = ApprovalRequest.objects.select_for_update(no_key=True).get(id=request.id)
    if request.status != RequestStatus.APPROVED:
        raise NotApproved
    expired = {grant.call_id: grant for grant in grants_of(request.id)
               if grant.revoked_at is None and grant.expires_at <= now()}
    if expired:
        if not approval_holds(request):
            raise ApproverGone
        Grant.objects.filter(id__in=[grant.id for grant in expired.values()]).update(revoked_at=now())
        calls = tuple(call for call in read_plan(request.plan).calls if call.id in expired)
        sign_grants(request, ResolvedPolicy.model_validate(request.policy), calls, not_before=now())
        record(action="grants.reissued", subject=("approval", request.id), actor=actor, data={"calls": list(expired)})
    return grants_of(request.id)


def approval_holds(request: ApprovalRequest, decisions: Iterable[Decision] | None = None) -> bool:
    """Whether it was approved, and by people who by their rights of now could approve it again. `decisions` are the
    request's, where they are known."""
    holders = Holders()
    counted = approvals_that_count(request, eligible_people(request, holders), decisions)
    return request.status == RequestStatus.APPROVED and quorum_of(request, counted, holders).met
