"""Checking that a tenant's chain is whole: every entry linked, every hash right, nothing altered, none missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from countersign.database.context import release_connection, tenant_context
from tenants.audit.recording import body_of
from tenants.models import AuditEntry, AuditLink

GENESIS = "0" * 64
PAGE = 1000


@dataclass(frozen=True)
class Fault:
    """The first place where the chain does not hold: what is wrong there, in a word and in a sentence."""

    sequence: int | None
    entry: UUID | None
    code: str
    detail: str


@dataclass(frozen=True)
class ChainReport:
    """`entries` counts those that were found good; `head` is the last good link's hash."""

    entries: int
    head: str
    first_fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return self.first_fault is None


def link_hash(prev_hash: str, body: str) -> str:
    return hashlib.sha256((prev_hash + body).encode()).hexdigest()


def verify_chain(tenant_id: UUID) -> ChainReport:
    """Walk the whole chain of one tenant. Memory stays constant; time grows with the chain, and no connection is held
    for longer than a page takes.

    Entries cut off at the very end, with their links, leave a shorter chain that is whole: only an exported head
    shows that (`manage.py verify_audit FILE`).
    """
    entries, head = 0, GENESIS
    while links := _page(tenant_id, after=entries):
        for link in links:
            fault = _fault(link, expected=entries + 1, prev_hash=head)
            if fault:
                return ChainReport(entries, head, fault)
            entries, head = entries + 1, link.hash
    with tenant_context(tenant_id), links_written():
        return ChainReport(entries, head, _unlinked())


def _page(tenant_id: UUID, *, after: int) -> list[AuditLink]:
    with tenant_context(tenant_id), links_written():
        links = AuditLink.objects.filter(sequence__gt=after).prefetch_related("entry").order_by("sequence")
        page = list(links[:PAGE])
    release_connection()
    return page


@contextmanager
def links_written() -> Iterator[None]:
    """The links of this transaction's own entries too, which would be written at its end only."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS tenants_audit_chain IMMEDIATE")
        yield
        cursor.execute("SET CONSTRAINTS tenants_audit_chain DEFERRED")


def _fault(link: AuditLink, *, expected: int, prev_hash: str) -> Fault | None:
    def fault(code: str, detail: str) -> Fault:
        return Fault(link.sequence, link.entry_id, code, detail)

    if link.sequence != expected:
        return fault("link_missing", f"Link {expected} is missing.")
    try:
        entry = link.entry
    except AuditEntry.DoesNotExist:
        return fault("entry_missing", f"The entry of link {expected} is missing.")
    if link.prev_hash != prev_hash:
        return fault("link_altered", f"Link {expected} does not follow from the one before it.")
    if not _says_the_same(entry):
        return fault("entry_altered", f"Entry {expected} does not say what it said when it was written.")
    if link_hash(prev_hash, entry.body) != link.hash:
        return fault("entry_altered", f"Entry {expected}, or its link, was altered.")
    return None


def _says_the_same(entry: AuditEntry) -> bool:
    try:
        return body_of(entry, entry.data) == entry.body
    except (ValueError, KeyError, TypeError):
        return False


def _unlinked() -> Fault | None:
    linked = AuditLink.objects.values("entry_id")
    entry = AuditEntry.objects.exclude(id__in=linked).order_by("id").first()
    return entry and Fault(None, entry.id, "link_missing", "An entry stands outside the chain.")
