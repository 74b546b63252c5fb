"""Who is asking: a person in a session, a person's token, or a service account's token."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.errors import Forbidden
from tenants.models import ApiToken, User


@dataclass(frozen=True)
class Principal:
    """`token` is None for somebody who signed in; a token narrows what its user may do to its scopes."""

    user: User
    token: ApiToken | None = None

    @property
    def is_service(self) -> bool:
        return self.user.is_service

    def needs(self, scope: str | None) -> None:
        """Raises Forbidden for a token without `scope`, and for every token where that is None."""
        if self.token and (scope is None or not self.has_scope(scope)):
            needed = f"the scope {scope}" if scope else "a person who signed in"
            raise Forbidden(f"This needs {needed}.", code="scope_missing")

    def has_scope(self, scope: str) -> bool:
        return self.token is None or scope in self.token.scopes
