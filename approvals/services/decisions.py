"""The one function that counts a decision, whatever channel it came through (design §7)."""

from __future__ import annotations

from approvals.eligibility import Holders, People, eligible_people, why_not
from approvals.errors import (
    AlreadyDecided,
    MachinesDoNotApprove,
    NotEligible,
    ReasonRequired,
    RequestClosed,
    RevisionChanged,
)
from approvals.models import ApprovalRequest, Decision, RequestStatus, Verdict
from approvals.policies import ResolvedPolicy
from approvals.queries.requests import current_request
from approvals.services.closing import close
from approvals.services.settlement import settle_when_met, signing_key
from countersign.database.statements import gathered, insert, loading, pipelined, tell
from countersign.errors import Invalid, NotFound, field_fault
from tenants.audit import Actor, record
from tenants.models import User

MOST_WORDS = 20_000
OUTCOME = {Verdict.REJECT: RequestStatus.REJECTED, Verdict.REQUEST_CHANGES: RequestStatus.CHANGES_REQUESTED}


def record_decision(*, request: ApprovalRequest, by: User, verdict: str, comment: str = "", revision: int,
                    plan_hash: str, channel: str = "web", actor: Actor | None = None) -> Decision:
    """Count one person's verdict on an open request, and settle the request when its policy is met.

    One eligible person's `reject` or `request_changes` settles it at once; approvals settle it when enough different
    people made them, and then one grant per planned call is signed. `revision` and `plan_hash` say what the person
    looked at. Safe to repeat: the same person's same verdict on the same revision returns the decision already made,
    with `repeated` set.
    Raises MachinesDoNotApprove, RevisionChanged, RequestClosed, NotEligible, AlreadyDecided, ReasonRequired, Invalid,
    and CannotSign in a process that may not approve.
    """
    verdict, comment = _read(verdict, comment)
    if by.is_service:
        raise MachinesDoNotApprove
    signing_key()
    actor = actor or Actor.of(by)
    with pipelined():
        holders = Holders()
        locked, decisions = _locked(request, holders)
        people = eligible_people(locked, holders)
        looked_at = (revision, plan_hash) == (locked.revision, locked.plan_hash)
        earlier = next((each for each in decisions if each.user_id == by.id), None)
        if earlier and looked_at and earlier.verdict == verdict:
            earlier.repeated = True
            settle_when_met(locked, people, actor=actor, holders=holders, decisions=decisions)
            return earlier
        _refuse(locked, by, people, looked_at, earlier)
        _need_reason(holders.policy_of(locked), verdict, comment)
        decision = Decision(request=locked, user=by, verdict=verdict, comment=comment, revision=revision,
                            plan_hash=plan_hash, roles=sorted(people[by.id]), channel=channel)
        with gathered():
            insert([decision])
            record(action="decision.made", subject=("approval", locked.id), actor=actor, data={
                "decision": decision.id, "verdict": verdict, "comment": comment, "revision": revision,
                "plan_hash": plan_hash, "channel": channel, "roles": [str(role) for role in decision.roles]})
            if verdict != Verdict.APPROVE:
                close(locked, OUTCOME[verdict], actor=actor, decision=decision.id, comment=comment)
            elif not settle_when_met(locked, people, actor=actor, holders=holders, decisions=[*decisions, decision]):
                tell("UPDATE approvals_assignment SET open = false WHERE request_id = %s AND user_id = %s",
                     [locked.id, by.id])
    return decision


def _read(verdict: str, comment: str) -> tuple[Verdict, str]:
    faults = []
    if verdict not in Verdict.values:
        faults.append(field_fault("verdict", "unknown_verdict", f"Say one of {', '.join(Verdict.values)}."))
    if len(comment) > MOST_WORDS or "\0" in comment:
        faults.append(field_fault("comment", "unusable", f"Write {MOST_WORDS:,} characters of text at most."))
    if faults:
        raise Invalid(fields=faults)
    return Verdict(verdict), comment.strip()


def _locked(request: ApprovalRequest, holders: Holders) -> tuple[ApprovalRequest, list[Decision]]:
    """With what was decided so far, and who holds its roles: decisions on one request are counted one after another."""
    requests = loading(ApprovalRequest, "WHERE id = %s FOR NO KEY UPDATE", [request.id])
    decisions = loading(Decision, "WHERE request_id = %s ORDER BY id", [request.id])
    known = holders.ask_for(request.id)
    for locked in requests():
        known(locked)
        return locked, decisions()
    raise NotFound


def _refuse(request: ApprovalRequest, by: User, people: People, looked_at: bool, earlier: Decision | None) -> None:
    if request.status == RequestStatus.SUPERSEDED or not looked_at:
        current = current_request(subject_type=request.subject_type, subject_id=request.subject_id, gate=request.gate)
        current = current or request
        raise RevisionChanged({"id": str(current.id), "revision": current.revision, "plan_hash": current.plan_hash,
                               "status": current.status})
    if not request.is_open:
        status = RequestStatus.EXPIRED if request.status == RequestStatus.OPEN else RequestStatus(request.status)
        raise RequestClosed(f"This request is {status.label.lower()}; it takes no more decisions.", status=status.value)
    if reason := why_not(request, by, people):
        raise NotEligible(reason)
    if earlier:
        raise AlreadyDecided(earlier.verdict)


def _need_reason(policy: ResolvedPolicy, verdict: Verdict, comment: str) -> None:
    if comment:
        return
    if verdict == Verdict.REQUEST_CHANGES:
        raise ReasonRequired("Say what should change: your words go to whoever revises it.")
    if policy.reason_required:
        raise ReasonRequired("This policy asks for a reason with every decision.")
