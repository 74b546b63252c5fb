"""Publishing: what a version says is checked against what the tenant has, and pinned (design §5.6, §6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from approvals.eligibility import Holders
from approvals.models import Scope
from approvals.policies import Policy, ResolvedPolicy, policy_hash, resolve_policy
from approvals.quorum import quorum
from approvals.services.assignments import hold_access
from countersign.clock import now
from countersign.database.context import release_connection, tenant_context
from tenants.audit import Actor, record
from tenants.models import User
from workflows.errors import VersionChanged, VersionRetired
from workflows.host import fetch_catalogue
from workflows.models import Version, VersionStatus
from workflows.services.templates import locked_version
from workflows.spec.catalogue import Catalogue
from workflows.spec.findings import Findings
from workflows.spec.pins import GatePin, Pins
from workflows.spec.validation import validate


@dataclass
class PolicyResolver:
    """Resolves gates' policies, and for a scope warns of those that nobody could meet today.

    Each in a transaction of its own where there is none around: what comes before, of a large spec, takes a second.
    """

    tenant_id: UUID
    scope_id: UUID | None
    by: User
    holders: Holders = field(default_factory=Holders)

    def __call__(self, policy: Policy) -> tuple[GatePin, list[str]]:
        with tenant_context(self.tenant_id, user_id=self.by.id):
            resolved = resolve_policy(policy)
            return GatePin(policy=resolved, policy_hash=policy_hash(resolved)), self._lacking(resolved)

    def _lacking(self, resolved: dict) -> list[str]:
        if self.scope_id is None:
            return []
        pinned = ResolvedPolicy.model_validate(resolved)
        people = self.holders.of(self.scope_id, pinned.role_ids)
        lacks = quorum([(rule.role_id, rule.count) for rule in pinned.rules], people).lacks
        return [f"This takes {rule.count} × {rule.role}; {short} more of them must hold that role and be allowed to "
                "decide on this workflow." for rule, short in zip(pinned.rules, lacks, strict=True) if short]


def check_version(*, version: Version, catalogue: Catalogue, by: User) -> tuple[Findings, Pins | None]:
    """What publishing this version would find."""
    release_connection()
    resolve = PolicyResolver(version.tenant_id, version.template.scope_id, by)
    return validate(version.spec, catalogue=catalogue, resolve=resolve)


def find_faults(*, version: Version, by: User) -> Findings:
    """All faults and warnings, changing nothing. Asks the host, so call it outside transactions.

    Raises CatalogueUnavailable.
    """
    catalogue = fetch_catalogue(tenant_id=version.tenant_id, user_id=by.id)
    return check_version(version=version, catalogue=catalogue, by=by)[0]


def check_document(document: dict[str, Any], *, scope: Scope | None, tenant_id: UUID, by: User) -> Findings:
    """The same for a document that is nobody's version yet. Asks the host, so call it outside transactions.

    Raises CatalogueUnavailable.
    """
    catalogue = fetch_catalogue(tenant_id=tenant_id, user_id=by.id)
    release_connection()
    resolve = PolicyResolver(tenant_id, scope.id if scope else None, by)
    return validate(document, catalogue=catalogue, resolve=resolve)[0]


def publish_version(*, version: Version, by: User, actor: Actor,
                    spec_hash: str | None = None) -> tuple[Version, Findings]:
    """Check a draft, pin what its names mean, and publish it. Asks the host, so call it outside transactions.

    `spec_hash` is that of the spec which `by` looked at; without it, whatever `version` holds is published. Publishing
    a published version again changes nothing. Raises Invalid (`spec_invalid`) with every fault, VersionRetired,
    VersionChanged when the spec is another by now, CatalogueUnavailable.
    """
    seen = spec_hash or version.spec_hash
    if version.status == VersionStatus.RETIRED:
        raise VersionRetired
    if version.spec_hash != seen:
        raise VersionChanged
    if version.status == VersionStatus.PUBLISHED:
        return version, Findings()
    catalogue = fetch_catalogue(tenant_id=version.tenant_id, user_id=by.id)
    with tenant_context(version.tenant_id, user_id=by.id):
        return _publish(version, seen, catalogue, by, actor)


def _publish(version: Version, seen: str, catalogue: Catalogue, by: User, actor: Actor) -> tuple[Version, Findings]:
    hold_access(exclusive=False)  # a role that is pinned here is not removed meanwhile
    version = locked_version(version)
    if version.status == VersionStatus.PUBLISHED and version.spec_hash == seen:
        return version, Findings()
    if version.status != VersionStatus.DRAFT or version.spec_hash != seen:
        raise VersionChanged
    findings, pins = check_version(version=version, catalogue=catalogue, by=by)
    findings.raise_faults()
    assert pins is not None
    version.status, version.published_at, version.published_by = VersionStatus.PUBLISHED, now(), by
    version.pins = pins.model_dump(mode="json")
    version.save(update_fields=["status", "published_at", "published_by", "pins"])
    record(action="version.published", subject=("version", version.id), actor=actor, data={
        "template": version.template_id, "number": version.number, "spec_hash": version.spec_hash,
        "pins": version.pins})
    return version, findings
