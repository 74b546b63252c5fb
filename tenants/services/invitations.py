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
from tenants.errors import AlreadyInvited, AlreadyMember, InvitationClosed, InvitedSomebodyElse, OwnersOnly
from tenants.invitation_mail import send_invitation_mail
from tenants.models import Invitation, Membership, MembershipRole, User
from tenants.sign_in import has_verified_email
from tenants.signals import access_changed
from tenants.tokens import hash_of, invitation_of, invitation_secret

log = get_logger(__name__)

TOPIC = "invitation"
VALID_FOR = timedelta(days=7)
MOST_ATTEMPTS = 8


def invite(*, email: str, role: MembershipRole, by: Membership, actor: Actor) -> Invitation:
    """Write an invitation and promise its e-mail. Raises OwnersOnly, AlreadyMember, AlreadyInvited."""
    if role == MembershipRole.OWNER and by.role != MembershipRole.OWNER:
        raise OwnersOnly
    here = Invitation.objects.filter(tenant_id=by.tenant_id, email__iexact=email, accepted_at=None, revoked_at=None)
    here.filter(expires_at__lte=now()).update(revoked_at=now())
    if Membership.objects.filter(tenant_id=by.tenant_id, user__email__iexact=email).exists():
        raise AlreadyMember
    invitation = Invitation(id=new_id(), email=email.lower(), role=role, invited_by_id=by.user_id,
                            expires_at=now() + VALID_FOR)
    invitation.token_hash = hash_of(invitation_secret(invitation))
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyInvited from error
    record(action="invitation.created", subject=("invitation", invitation.id), actor=actor,
           data={"email": invitation.email, "role": role})
    doorbells.ring(TOPIC, tenant_id=by.tenant_id, subject_id=invitation.id)
    return invitation


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

    A mail server that does not answer is tried again, ever later; an address that it refuses is not. A process killed
    between sending and noting it sends the same Message-ID again.
    """
    with tenant_context(tenant_id):
        if not doorbells.answer(TOPIC, invitation_id):
            return
        invitation = Invitation.objects.select_related("tenant", "invited_by").filter(id=invitation_id).first()
        if invitation is None or invitation.status != "open" or invitation.sent_at:
            return
        invitation.send_attempts += 1
        try:
            send_invitation_mail(invitation)
        except (OSError, smtplib.SMTPException) as error:
            _not_sent(invitation, error)
        else:
            invitation.sent_at, invitation.send_error = now(), ""
        invitation.save(update_fields=["sent_at", "send_attempts", "send_error"])


def _not_sent(invitation: Invitation, error: Exception) -> None:
    invitation.send_error = f"{type(error).__name__}: {error}"[:300]
    permanent = isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values())
    log.warning("invitation not sent", invitation=str(invitation.id), error=invitation.send_error, permanent=permanent)
    if not permanent and invitation.send_attempts < MOST_ATTEMPTS:
        wait = timedelta(seconds=5 * 4 ** (invitation.send_attempts - 1))
        doorbells.ring(TOPIC, tenant_id=invitation.tenant_id, subject_id=invitation.id, due_at=now() + wait)
