"""Signing in and up, by django-allauth's headless API; here is what differs from its defaults."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from countersign.addresses import client_network
from countersign.errors import Conflict, TooManyRequests, Unavailable
from countersign.logs import get_logger
from tenants.attempts import Attempt
from tenants.counters import hidden
from tenants.models import User
from tenants.quotas import Quota, spend

log = get_logger(__name__)

FROM_ONE_PLACE = (Quota("mail-a-minute", 5, timedelta(minutes=1)), Quota("mail-an-hour", 20, timedelta(hours=1)))
FROM_ANYWHERE = Quota("mail-from-anywhere", 40, timedelta(hours=1))


class MailNotTaken(Unavailable):
    code = "email_unavailable"
    detail = "The e-mail could not be sent just now. Try again in a moment."


class SignUpUnderWay(Conflict):
    code = "sign_up_under_way"
    retryable = True
    detail = "Somebody is signing up with this address at this very moment. Try again."


class SignInBackend(AuthenticationBackend):
    """By e-mail and password, for people alone."""

    def user_can_authenticate(self, user: User) -> bool:
        return not user.is_service and super().user_can_authenticate(user)


class AccountAdapter(DefaultAccountAdapter):
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises TooManyAttempts."""
        self.attempt = sign_in_attempt(request, credentials.get("email", ""))
        self.attempt.begin()

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        if user:
            self.attempt.succeed()
        return user

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Raises SignUpUnderWay: whoever comes in the same moment with the same address finds it taken the next time,
        and is told so as everybody is, by mail alone."""
        try:
            with transaction.atomic():
                return super().save_user(request, user, form, commit)
        except IntegrityError as error:
            raise SignUpUnderWay from error

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send when the surrounding transaction, if there is one, has committed.

        Raises TooManyRequests, MailNotTaken.
        """
        if not self._may_send_to(email):
            return
        site = SimpleNamespace(name="Countersign", domain=urlsplit(settings.PUBLIC_URL).netloc)
        context = {"request": self.request, "email": email, "current_site": site, **context}
        message = self.render_mail(template_prefix, email, context, headers={"Auto-Submitted": "auto-generated"})
        transaction.on_commit(lambda: _send(message))

    def _may_send_to(self, email: str) -> bool:
        """Raises TooManyRequests when too many mails to this address were asked for from where the request comes from.

        What was asked for elsewhere refuses nobody. It only fills the mailbox so far; then no more is sent, and the
        answer is as ever, except to somebody at a place where they have signed in before.
        """
        mailbox = hidden(email)
        here = f"{mailbox}:{client_network(self.request)}"
        if used_up := spend(*(quota.of(here) for quota in FROM_ONE_PLACE)):
            raise TooManyRequests(wait=used_up.wait)
        if sign_in_attempt(self.request, email).is_known or not spend(FROM_ANYWHERE.of(mailbox)):
            return True
        log.warning("sign-in mail left out: too many to one address", address=client_network(self.request))
        return False


def sign_in_attempt(request: HttpRequest, email: str) -> Attempt:
    return Attempt("sign-in", account=email, address=client_network(request))


@receiver(password_reset)
def know_who_read_the_mail(sender: type, request: HttpRequest, user: User, **_: object) -> None:
    """Whoever had a code sent to the account's own address is let try, however many others guess."""
    sign_in_attempt(request, user.email).vouch()


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
