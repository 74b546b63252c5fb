"""The engine of sessions (`SESSION_ENGINE`): Django's own, in the database."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions


class SessionStore(DatabaseSessions):
    def _validate_session_key(self, key: str | None) -> bool:
        """What no session can be called opens none, and is not asked for: Postgres refuses a NUL character."""
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()
