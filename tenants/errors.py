from countersign.errors import Conflict, Forbidden, TooManyRequests


class SlugTaken(Conflict):
    code = "slug_taken"
    detail = "Another team has this address. Choose another."


class TooManyTeams(Conflict):
    code = "too_many_teams"
    detail = "You own as many teams as one person may. Make somebody else the owner of one of them first."


class EmailNotVerified(Forbidden):
    code = "email_not_verified"
    detail = "Verify your e-mail address first."


class OwnersOnly(Forbidden):
    code = "owners_only"
    detail = "Only an owner may do this to an owner, or make one."


class LastOwner(Conflict):
    code = "last_owner"
    detail = "A team keeps at least one owner. Make another member an owner first."


class AlreadyMember(Conflict):
    code = "already_member"
    detail = "This person already belongs to the team."


class AlreadyInvited(Conflict):
    code = "already_invited"
    detail = "There is an open invitation for this address. Revoke it to send another."


class TooManyInvitations(TooManyRequests):
    code = "too_many_invitations"


class InvitationClosed(Conflict):
    """Its code says why: `invitation_accepted`, `invitation_revoked` or `invitation_expired`."""

    code = "invitation_closed"

    def __init__(self, status: str) -> None:
        super().__init__(f"This invitation is {status}. Ask for a new one.", code=f"invitation_{status}")


class InvitedSomebodyElse(Forbidden):
    code = "invitation_for_another_address"
    detail = "This invitation is for another e-mail address than yours."


class TooManyTokens(Conflict):
    code = "too_many_tokens"
    detail = "There are 50 tokens that can be used already. Revoke one that is not needed any more."
