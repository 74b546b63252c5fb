"""Identifiers: UUIDv7, so that ids sort by the time they were made (RFC 9562)."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


def parse_id(text: object) -> UUID | None:
    """The id that `text` spells, or None: a malformed id is treated as a missing one."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
