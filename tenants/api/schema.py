"""How the API's document describes the three ways to show who is asking."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of a person or a service account: `cs_…`."}


class SessionTokenScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api.authentication.SessionTokenAuthentication"
    name = "sessionToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Session-Token",
                "description": "As `/_allauth/app/v1/auth/login` hands it out."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
                "description": "A browser's session; changes also need the CSRF token in `X-CSRFToken`."}
