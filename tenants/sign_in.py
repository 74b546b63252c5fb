"""Signing in and up, by django-allauth's headless API; here is what differs from its defaults."""

from __future__ import annotations

import smtplib
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from countersign.errors import Unavailable
from countersign.logs import get_logger
from tenants.models import User

log = get_logger(__name__)


class MailNotTaken(Unavailable):
    code = "email_unavailable"
    detail = "The e-mail could not be sent just now. Try again in a moment."


class SignInBackend(AuthenticationBackend):
    """By e-mail and password, for people alone."""

    def user_can_authenticate(self, user: User) -> bool:
        return not user.is_service and super().user_can_authenticate(user)


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send when the surrounding transaction, if there is one, has committed. Raises MailNotTaken."""
        site = SimpleNamespace(name="Countersign", domain=urlsplit(settings.PUBLIC_URL).netloc)
        context = {"request": self.request, "email": email, "current_site": site, **context}
        message = self.render_mail(template_prefix, email, context, headers={"Auto-Submitted": "auto-generated"})
        transaction.on_commit(lambda: _send(message))


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        log.error("sign-in mail not sent", error=f"{type(error).__name__}: {error}")
        raise MailNotTaken from error


def has_verified_email(user: User, email: str | None = None) -> bool:
    """Whether the person has proven that an address (this one, where one is given) is theirs."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    return (addresses.filter(email__iexact=email) if email else addresses).exists()
