"""The chain as JSON lines, with a signed head, and its verification without the database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings

from countersign.clock import now
from countersign.database.context import release_connection, tenant_context
from countersign.errors import CountersignError
from countersign.signing import SigningKey, VerifyKey, verify_token
from tenants.audit.chain import GENESIS, ChainReport, Fault, link_hash
from tenants.models import AuditLink, Tenant

HEAD_KIND = "countersign-audit-head+jwt"
LINK = {"sequence", "prev_hash", "hash", "body"}
PAGE = 500


class NotAnExport(CountersignError):
    code = "not_an_export"
    status = 422
    detail = "This file is no audit export."


async def exported_lines(tenant: Tenant) -> AsyncIterator[bytes]:
    """A line per entry, in the chain's order, then the head. Holds a database connection for one page at a time."""
    sequence, head = 0, GENESIS
    while links := await sync_to_async(_page)(tenant.id, sequence):
        for link in links:
            sequence, head = link.sequence, link.hash
            yield _line(sequence=sequence, prev_hash=link.prev_hash, hash=head, body=link.entry.body)
    yield _line(head=signed_head(tenant, entries=sequence, head=head))


def signed_head(tenant: Tenant, *, entries: int, head: str) -> str:
    """A token (JWS) that says how long the chain was, and where it ended, at this time."""
    claims = {"tenant": str(tenant.id), "slug": tenant.slug, "entries": entries, "head": head, "at": now().isoformat()}
    return SigningKey.load(settings.GRANT_SIGNING_KEY).sign(claims, kind=HEAD_KIND)


def verify_export(lines: Iterable[str], trusted: Iterable[VerifyKey]) -> ChainReport:
    """Check an exported file against keys one trusts; needs neither database nor settings.

    Raises NotAnExport where it cannot be read at all, BadSignature where no trusted key signed its head.
    """
    keys, entries, head, claims = list(trusted), 0, GENESIS, None

    def broken(code: str, detail: str) -> ChainReport:
        return ChainReport(entries, head, Fault(entries + 1, None, code, detail))

    for line in _parsed(lines):
        if claims is not None:
            return broken("trailing_line", "There are lines after the signed head.")
        if "head" in line:
            claims = verify_token(str(line["head"]), keys, kind=HEAD_KIND)
        elif line["sequence"] != entries + 1:
            return broken("link_missing", f"Link {entries + 1} is missing.")
        elif line["prev_hash"] != head or link_hash(head, str(line["body"])) != line["hash"]:
            return broken("entry_altered", f"Entry {entries + 1}, or its link, was altered.")
        else:
            entries, head = entries + 1, line["hash"]
    if claims is None:
        return broken("head_missing", "The signed head is missing.")
    if (claims["entries"], claims["head"]) != (entries, head):
        return broken("head_differs", "The head was signed for another chain, or for a longer one.")
    return ChainReport(entries, head)


def _page(tenant_id: UUID, after: int) -> list[AuditLink]:
    with tenant_context(tenant_id):
        page = list(AuditLink.objects.filter(sequence__gt=after).select_related("entry").order_by("sequence")[:PAGE])
    release_connection()  # a slow reader keeps none
    return page


def _line(**values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _parsed(lines: Iterable[str]) -> Iterator[dict]:
    for line in lines:
        try:
            parsed = json.loads(line)
        except ValueError as error:
            raise NotAnExport from error
        if not isinstance(parsed, dict) or not ("head" in parsed or set(parsed) >= LINK):
            raise NotAnExport
        yield parsed
