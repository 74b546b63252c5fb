"""Asking somebody to join, and joining."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.doorbells import services as doorbells
from countersign.errors import NotFound
from countersign.ids import new_id
from countersign.logs import get_logger
from tenants.audit import Actor, record
from tenants.counters import hidden
from tenants.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvitationClosed,
    InvitedSomebodyElse,
    OwnersOnly,
    TooManyInvitations,
)
from tenants.invitation_mail import send_invitation_mail
from tenants.models import Invitation, Membership, MembershipRole, User
from tenants.quotas import Quota, spend
from tenants.sign_in import has_verified_email
from tenants.signals import access_changed
from tenants.tokens import hash_of, invitation_of, new_invitation_secret

log = get_logger(__name__)

TOPIC = "invitation"
VALID_FOR = timedelta(days=7)
MOST_ATTEMPTS = 8
LOST_AFTER = timedelta(seconds=60)  # longer than a mail server may take

DAY = timedelta(days=1)
OF_TEAM = Quota("invitations-of-team", 100, DAY)
OF_PERSON = Quota("invitations-of-person", 100, DAY)
OF_TEAM_TO_ADDRESS = Quota("invitations-of-team-to-address", 3, DAY)
MAILS_TO_ADDRESS = Quota("invitation-mails", 5, DAY)  # of all teams: it delays, and no team is told of the others'
TOO_MANY = {OF_TEAM: f"A team sends {OF_TEAM.most} invitations a day at most.",
            OF_PERSON: f"One person sends {OF_PERSON.most} invitations a day at most.",
            OF_TEAM_TO_ADDRESS: f"A team invites one address {OF_TEAM_TO_ADDRESS.most} times a day at most."}


def invite(*, email: str, role: MembershipRole, by: Membership, actor: Actor) -> Invitation:
    """Write an invitation and promise its e-mail. Raises OwnersOnly, AlreadyMember, AlreadyInvited, TooManyInvitations.
    """
    if role == MembershipRole.OWNER and by.role != MembershipRole.OWNER:
        raise OwnersOnly
    here = Invitation.objects.filter(tenant_id=by.tenant_id, email__iexact=email, accepted_at=None, revoked_at=None)
    here.filter(expires_at__lte=now()).update(revoked_at=now())
    if Membership.objects.filter(tenant_id=by.tenant_id, user__email__iexact=email).exists():
        raise AlreadyMember
    invitation = Invitation(id=new_id(), email=email.lower(), role=role, invited_by_id=by.user_id,
                            expires_at=now() + VALID_FOR, token_hash=hash_of(new_invitation_secret()))
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyInvited from error
    _count(invitation, by)
    record(action="invitation.created", subject=("invitation", invitation.id), actor=actor,
           data={"email": invitation.email, "role": role})
    doorbells.ring(TOPIC, tenant_id=by.tenant_id, subject_id=invitation.id)
    return invitation


def _count(invitation: Invitation, by: Membership) -> None:
    """One that is revoked later counts too. Raises TooManyInvitations, which undoes it."""
    used_up = spend(OF_TEAM.of(by.tenant_id), OF_PERSON.of(by.user_id),
                    OF_TEAM_TO_ADDRESS.of(f"{by.tenant_id}:{hidden(invitation.email)}"))
    if used_up:
        raise TooManyInvitations(TOO_MANY[used_up.quota], wait=used_up.wait)


def revoke_invitation(*, invitation: Invitation, by: Membership, actor: Actor) -> None:
    """Safe to repeat. Raises OwnersOnly, InvitationClosed when it was accepted."""
    if invitation.role == MembershipRole.OWNER and by.role != MembershipRole.OWNER:
        raise OwnersOnly
    invitation = Invitation.objects.select_for_update().get(id=invitation.id)
    if invitation.accepted_at:
        raise InvitationClosed("accepted")
    if invitation.revoked_at is None:
        invitation.revoked_at = now()
        invitation.save(update_fields=["revoked_at"])
        record(action="invitation.revoked", subject=("invitation", invitation.id), actor=actor)


def invitation_to_show(secret: str) -> Invitation:
    """What an invitation's token names, with its team and who invited: for whoever holds the token. Raises NotFound."""
    found = invitation_of(secret)
    if found is None:
        raise NotFound
    with tenant_context(found.tenant_id):
        return Invitation.objects.select_related("tenant", "invited_by").get(id=found.id)


def accept_invitation(*, secret: str, user: User) -> Membership:
    """Make `user` a member by the token of an invitation to their own, verified address. It works once.

    Raises NotFound, InvitedSomebodyElse, InvitationClosed, AlreadyMember.
    """
    found = invitation_of(secret)
    if found is None:
        raise NotFound
    with tenant_context(found.tenant_id, user_id=user.id):
        invitation = Invitation.objects.select_for_update().get(id=found.id)
        if not has_verified_email(user, invitation.email):
            raise InvitedSomebodyElse
        if invitation.status != "open":
            raise InvitationClosed(invitation.status)
        membership, created = Membership.objects.get_or_create(
            tenant_id=invitation.tenant_id, user=user, defaults={"role": invitation.role})
        if not created:
            raise AlreadyMember
        invitation.accepted_at, invitation.accepted_by = now(), user
        invitation.save(update_fields=["accepted_at", "accepted_by"])
        record(action="invitation.accepted", subject=("invitation", invitation.id), actor=Actor.of(user),
               data={"role": invitation.role, "member": user.id})
        access_changed.send(Membership, tenant_id=invitation.tenant_id, user_id=user.id)
        return membership


def deliver_invitation(*, tenant_id: UUID, invitation_id: UUID) -> None:
    """Send an invitation's e-mail, if it is still promised. Safe to repeat.

    The token is made here and stands in the e-mail alone; it is known to the database before the e-mail leaves. A mail
    server that does not answer is tried again, ever later; an address that it refuses is not. An address to which all
    teams together have sent enough today gets it when there is room again. A process killed before it noted the outcome
    sends a second e-mail, whose token takes the place of the first one's.
    """
    secret = new_invitation_secret()
    with tenant_context(tenant_id):
        invitation = _claimed(invitation_id, secret)
    if invitation is None:
        return
    try:
        send_invitation_mail(invitation, secret)
    except (OSError, smtplib.SMTPException) as error:
        with tenant_context(tenant_id):
            _note_failure(invitation, error)
    else:
        with tenant_context(tenant_id):
            doorbells.withdraw(TOPIC, invitation_id)
            Invitation.objects.filter(id=invitation_id).update(sent_at=now(), send_error="")


def _claimed(id: UUID, secret: str) -> Invitation | None:
    """The invitation to send now, with its new token; promised again for the case that this process is killed."""
    if not doorbells.answer(TOPIC, id):
        return None
    invitation = Invitation.objects.select_related("tenant", "invited_by").filter(id=id).first()
    if invitation is None or invitation.status != "open" or invitation.sent_at:
        return None
    if not invitation.send_attempts and (used_up := spend(MAILS_TO_ADDRESS.of(hidden(invitation.email)))):
        due_at = now() + timedelta(seconds=used_up.wait)
        doorbells.ring(TOPIC, tenant_id=invitation.tenant_id, subject_id=id, due_at=due_at)
        log.warning("invitation waits: enough were sent to its address", invitation=str(id), until=due_at.isoformat())
        return None
    invitation.token_hash = hash_of(secret)
    invitation.send_attempts += 1
    invitation.save(update_fields=["token_hash", "send_attempts"])
    doorbells.ring(TOPIC, tenant_id=invitation.tenant_id, subject_id=id, due_at=now() + LOST_AFTER)
    return invitation


def _note_failure(invitation: Invitation, error: Exception) -> None:
    told = f"{type(error).__name__}: {error}"[:300]
    Invitation.objects.filter(id=invitation.id).update(send_error=told)
    doorbells.withdraw(TOPIC, invitation.id)
    refused = isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values())
    log.warning("invitation not sent", invitation=str(invitation.id), error=told, permanent=refused)
    if not refused and invitation.send_attempts < MOST_ATTEMPTS:
        wait = timedelta(seconds=5 * 4 ** (invitation.send_attempts - 1))
        doorbells.ring(TOPIC, tenant_id=invitation.tenant_id, subject_id=invitation.id, due_at=now() + wait)
