"""Reads about templates and versions that are too large for a QuerySet method."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from approvals.models import Scope
from approvals.permissions import may, require
from approvals.policies import ResolvedPolicy, policy_in_words
from approvals.queries import deciders_by_scope, permissions_by_scope
from approvals.queries.permissions import Decider
from approvals.quorum import quorum
from countersign.database.statements import ask, load
from tenants.models import User
from workflows.models import Template, Version, VersionStatus

_ASKS_ROLE = """jsonb_path_exists(workflows_version.pins, '$.gates.*.policy.stages[*].rules[*].role_id ? (@ == $role)',
                                  jsonb_build_object('role', %s::text))"""


def versions_that_ask(role_id: UUID) -> QuerySet[Version]:
    """Published versions with a gate whose policy was pinned to this approver role."""
    asks = RawSQL(_ASKS_ROLE, [str(role_id)], output_field=BooleanField())
    return Version.objects.filter(asks, status=VersionStatus.PUBLISHED)


def template_to_run(user: User, id: UUID) -> Template | None:
    """None where there is none that this person may see. Raises Forbidden where they may see it and not run it."""
    template = next(iter(load(Template, "WHERE id = %s", [id])), None)
    scope = template and Scope(id=template.scope_id)
    if scope is None or may(user, "run", scope):  # whoever may run it may see it
        return template
    if may(user, "view", scope):
        require(user, "run", scope)
    return None


PUBLISHED = """
    SELECT id, number FROM workflows_version
    WHERE template_id = %s AND status = %s AND number = COALESCE(%s, number) ORDER BY number DESC LIMIT 1"""


def published_version(template: Template, number: int | None = None) -> Version | None:
    """The newest, or the one with this number; its spec and pins, which can be large, are read when they are asked for.
    """
    for id_and_number in ask(PUBLISHED, [template.id, VersionStatus.PUBLISHED, number]):
        return Version.from_db(DEFAULT_DB_ALIAS, ["id", "number"], id_and_number)
    return None


def rights_on(templates: list[Template]) -> list[dict[str, Any]]:
    """Who may do what with each template, who could decide now, and which of its gates' rules those people cannot meet.
    As many queries for fifty templates as for one."""
    scopes = [template.scope_id for template in templates]
    permissions, deciders = permissions_by_scope(scopes), deciders_by_scope(scopes)
    published = Version.objects.filter(template__in=templates, status=VersionStatus.PUBLISHED)
    newest = {version.template_id: version for version in
              published.order_by("template_id", "-number").distinct("template_id").defer("spec")}
    return [{"id": template.id, "name": template.name,
             "published": newest[template.id].number if template.id in newest else None,
             "permissions": permissions[template.scope_id],
             "deciders": [{"id": one["user"].id, "email": one["user"].email, "name": one["user"].name,
                           "roles": one["roles"]} for one in deciders[template.scope_id]],
             "gates": _gates(newest.get(template.id), deciders[template.scope_id])} for template in templates]


def _gates(version: Version | None, deciders: list[Decider]) -> list[dict[str, Any]]:
    gates = version.pins.get("gates", {}) if version else {}
    people = {one["user"].id: {role.id for role in one["roles"]} for one in deciders}
    return [_gate(id, ResolvedPolicy.model_validate(pin["policy"]), people) for id, pin in gates.items()]


def _gate(id: str, policy: ResolvedPolicy, people: dict[UUID, set[UUID]]) -> dict[str, Any]:
    lacks = quorum([(rule.role_id, rule.count) for rule in policy.rules], people).lacks
    return {"id": id, "words": policy_in_words(policy),
            "rules": [{**rule.model_dump(), "lacks": lack} for rule, lack in zip(policy.rules, lacks, strict=True)]}
