"""The e-mail that asks somebody to join a team."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from tenants.models import Invitation

TEXT = """Hello,

{inviter} invites you to join "{team}" on Countersign, as {role}.

To join, open this address, and sign in or sign up as {email}:

    {link}

The invitation is valid until {until:%d %B %Y, %H:%M} UTC. If you did not expect it, ignore it: nothing happens.
"""


def send_invitation_mail(invitation: Invitation, secret: str) -> None:
    """Opening its link joins nothing: the page asks. Raises OSError or SMTPException when it was not taken."""
    team = " ".join(invitation.tenant.name.split())
    link = f"{settings.PUBLIC_URL}/invitations/{secret}"
    text = TEXT.format(inviter=invitation.invited_by, team=team, role=invitation.get_role_display().lower(),
                       email=invitation.email, until=invitation.expires_at, link=link)
    # Each attempt has a token of its own: a mail system must not take two of them for one message.
    message_id = f"<invitation.{invitation.id}.{invitation.send_attempts}@countersign>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    EmailMessage(f"Join {team} on Countersign", text, to=[invitation.email], headers=headers).send()
