"""The e-mail that asks somebody to join a team."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.mail import EmailMessage

from tenants.models import Invitation, User

TEXT = """Hello,

{inviter} invites you to join "{team}" on Countersign, as {role}.

To join, open this address, and sign in or sign up as {email}:

    {link}

The invitation is valid until {until:%d %B %Y, %H:%M} UTC. If you did not expect it, ignore it: nothing happens.
"""


# What makes mail programs find an address in words; the dots of other scripts are read as dots too.
_LINKING = re.compile(r"(?<=\S)[.\u3002\uff0e\uff61:\uff1a/\\@\uff20](?=\S)")


def plain(name: str) -> str:
    """Words that anybody may have chosen, as no more than words: one line, in which nothing becomes a link."""
    return " ".join(_LINKING.sub(" ", name).replace('"', "'").split())


def send_invitation_mail(invitation: Invitation, secret: str) -> None:
    """Opening its link joins nothing: the page asks. Raises OSError or SMTPException when it was not taken.

    The mail comes from us and may go to anybody: names stand in quotation marks, and the one who invites is named by
    the address that they have proven to be theirs.
    """
    team = plain(invitation.tenant.name)
    link = f"{settings.PUBLIC_URL}/invitations/{secret}"
    text = TEXT.format(inviter=_inviter(invitation.invited_by), team=team, role=invitation.get_role_display().lower(),
                       email=invitation.email, until=invitation.expires_at, link=link)
    # Each attempt has a token of its own: a mail system must not take two of them for one message.
    message_id = f"<invitation.{invitation.id}.{invitation.send_attempts}@countersign>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    EmailMessage(f'Join "{team}" on Countersign', text, to=[invitation.email], headers=headers).send()


def _inviter(user: User) -> str:
    if user.is_service:
        return f'"{plain(user.name)}", a program of the team,'
    return f'"{plain(user.name)}" ({user.email})' if user.name else user.email
