"""Reads about templates and versions that are too large for a QuerySet method."""

from __future__ import annotations

from uuid import UUID

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from workflows.models import Version, VersionStatus

_ASKS_ROLE = """jsonb_path_exists(workflows_version.pins, '$.gates.*.policy.stages[*].rules[*].role_id ? (@ == $role)',
                                  jsonb_build_object('role', %s::text))"""


def versions_that_ask(role_id: UUID) -> QuerySet[Version]:
    """Published versions with a gate whose policy was pinned to this approver role."""
    asks = RawSQL(_ASKS_ROLE, [str(role_id)], output_field=BooleanField())
    return Version.objects.filter(asks, status=VersionStatus.PUBLISHED)
