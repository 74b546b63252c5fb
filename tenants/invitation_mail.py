"""The e-mail that asks somebody to join a team."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from tenants.models import Invitation
from tenants.tokens import invitation_secret

TEXT = """Hello,

{inviter} invites you to join "{team}" on Countersign, as {role}.

To join, open this address, and sign in or sign up as {email}:

    {link}

The invitation is valid until {until:%d %B %Y, %H:%M} UTC. If you did not expect it, ignore it: nothing happens.
"""


def send_invitation_mail(invitation: Invitation) -> None:
    """Raises OSError or SMTPException when the mail server did not take it."""
    team = " ".join(invitation.tenant.name.split())
    text = TEXT.format(inviter=invitation.invited_by, team=team, role=invitation.get_role_display().lower(),
                       email=invitation.email, until=invitation.expires_at, link=invitation_link(invitation))
    headers = {"Message-ID": f"<invitation.{invitation.id}@countersign>", "Auto-Submitted": "auto-generated"}
    EmailMessage(f"Join {team} on Countersign", text, to=[invitation.email], headers=headers).send()


def invitation_link(invitation: Invitation) -> str:
    """Opening it joins nothing: the page asks."""
    return f"{settings.PUBLIC_URL}/invitations/{invitation_secret(invitation)}"
