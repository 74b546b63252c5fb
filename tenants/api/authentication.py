"""The three ways to show who is asking: a token, the app client's session token, a browser's session."""

from __future__ import annotations

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from rest_framework import authentication
from rest_framework.request import Request

from countersign.errors import Forbidden, NotSignedIn
from tenants.models import ApiToken, User
from tenants.tokens import usable_token


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer cs_…`, of a person or a service account."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = usable_token(secret.strip())
        if token is None:
            raise NotSignedIn("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="countersign"'


class SessionTokenAuthentication(XSessionTokenAuthentication):
    """`X-Session-Token`, as allauth's app client hands it out."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if not self.get_session_token(request):
            return None
        found = super().authenticate(request)
        if not found or not found[0].is_active:
            raise NotSignedIn("This session has ended. Sign in again.")
        return found[0], None


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session cookie, with Django's CSRF check."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except authentication.exceptions.PermissionDenied as error:
            raise Forbidden("The CSRF token is missing or wrong. Load the page again.", code="csrf_failed") from error
