"""Why a decision, or a change of who may decide, is refused."""

from __future__ import annotations

from typing import Any

from countersign.errors import Conflict, CountersignError, Forbidden, Invalid, field_fault


class NotEligible(Forbidden):
    """`detail` is the reason, in words: "You started this run."."""

    code = "not_eligible"


class MachinesDoNotApprove(Forbidden):
    code = "machines_do_not_approve"
    detail = "Service accounts cannot decide. A person with the right role must."


class RequestClosed(Conflict):
    """`status` in the data says how it ended."""

    code = "request_closed"


class RevisionChanged(Conflict):
    """The decision was about something else; `current` names what to look at instead."""

    code = "revision_changed"

    def __init__(self, current: dict[str, Any]) -> None:
        super().__init__(f"What you looked at is not the current revision. Revision {current['revision']} is: "
                         "look at it, then decide.", current=current)


class AlreadyDecided(Conflict):
    code = "already_decided"

    def __init__(self, verdict: str) -> None:
        super().__init__(f"You already decided on this revision ({verdict.replace('_', ' ')}). A decision stands.",
                         verdict=verdict)


class ReasonRequired(Invalid):
    code = "reason_required"

    def __init__(self, why: str) -> None:
        super().__init__(why, fields=[field_fault("comment", "reason_required", why)])


class ApproverGone(Conflict):
    """The people who approved do not meet the policy any more."""

    code = "approver_gone"
    detail = "Somebody who approved this may no longer decide it. It needs a new approval."


class NotApproved(Conflict):
    code = "not_approved"
    detail = "Only an approved request has grants."


class CannotSign(CountersignError):
    """A process without the key tried to settle a request: only web may."""

    code = "cannot_sign"
    detail = "This process does not hold the key that signs grants. Only the web process approves."


class RoleNameTaken(Conflict):
    code = "role_name_taken"
    detail = "There is already an approver role with this name."


class RoleInUse(Conflict):
    """`reasons` says, a sentence each, what still names the role."""

    code = "role_in_use"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(f"This role cannot be removed. {' '.join(reasons)}", reasons=reasons)
