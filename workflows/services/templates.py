"""Making and changing templates and their drafts: each one transaction, with its audit entry."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from approvals.permissions import may
from approvals.services import create_scope, set_permission
from countersign.canonical import content_hash
from countersign.clock import now
from tenants.audit import Actor, record
from tenants.models import User
from workflows.errors import TemplateNameTaken, VersionPublished, VersionRetired
from workflows.models import Template, Version, VersionStatus


def create_template(*, name: str, spec: dict[str, Any], by: User, actor: Actor, gallery: str = "") -> Template:
    """A template with a scope of its own and its first draft. Whoever makes it may see, run and edit it.

    Raises TemplateNameTaken.
    """
    scope = create_scope(name)
    template = Template(name=name, slug=_free_slug(name), scope=scope, gallery=gallery, created_by=by)
    _save(template)
    record(action="template.created", subject=("template", template.id), actor=actor,
           data={"name": name, "gallery": gallery})
    if not may(by, "edit", scope):
        set_permission(scope, by, ["view", "run", "edit"], actor)
    create_draft(template=template, spec=spec, by=by, actor=actor)
    return template


def change_template(*, template: Template, actor: Actor, name: str | None = None,
                    archived: bool | None = None) -> Template:
    """Rename, archive or bring back. An archived template starts no runs. Raises TemplateNameTaken."""
    changed: dict[str, Any] = {}
    if name is not None and name != template.name:
        changed["name"] = [template.name, name]
        template.name = name
    if archived is not None and archived != (template.archived_at is not None):
        changed["archived"] = [not archived, archived]
        template.archived_at = now() if archived else None
    if changed:
        _save(template, update_fields=[{"archived": "archived_at"}.get(key, key) for key in changed])
        record(action="template.changed", subject=("template", template.id), actor=actor, data=changed)
    return template


def create_draft(*, template: Template, spec: dict[str, Any], by: User, actor: Actor, notes: str = "") -> Version:
    """The next version, as a draft. It may still have faults: publishing is what refuses them."""
    Template.objects.select_for_update(no_key=True).get(pk=template.pk)  # numbers follow one another
    newest = template.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = Version.objects.create(template=template, number=newest + 1, spec=spec, spec_hash=content_hash(spec),
                                     notes=notes, created_by=by)
    record(action="version.created", subject=("version", version.id), actor=actor, data={
        "template": template.id, "number": version.number, "spec_hash": version.spec_hash})
    return version


def change_draft(*, version: Version, actor: Actor, spec: dict[str, Any] | None = None,
                 notes: str | None = None) -> Version:
    """Raises VersionPublished, VersionRetired: those never change."""
    version = locked_version(version)
    refuse_unless_draft(version)
    before = version.spec_hash
    if spec is not None:
        version.spec, version.spec_hash = spec, content_hash(spec)
    if notes is not None:
        version.notes = notes
    version.save(update_fields=["spec", "spec_hash", "notes"])
    record(action="version.changed", subject=("version", version.id), actor=actor, data={
        "template": version.template_id, "number": version.number, "spec_hash": [before, version.spec_hash]})
    return version


def retire_version(*, version: Version, actor: Actor) -> Version:
    """No new run starts a retired version; runs that did go on. Safe to repeat. Raises Conflict for a draft."""
    version = locked_version(version)
    if version.status == VersionStatus.DRAFT:
        raise VersionPublished("Only a published version can be retired.", code="version_not_published")
    if version.status == VersionStatus.PUBLISHED:
        version.status = VersionStatus.RETIRED
        version.save(update_fields=["status"])
        record(action="version.retired", subject=("version", version.id), actor=actor,
               data={"template": version.template_id, "number": version.number})
    return version


def locked_version(version: Version) -> Version:
    return Version.objects.select_for_update(no_key=True).select_related("template").get(pk=version.pk)


def refuse_unless_draft(version: Version) -> None:
    if version.status == VersionStatus.PUBLISHED:
        raise VersionPublished
    if version.status == VersionStatus.RETIRED:
        raise VersionRetired


def _save(template: Template, **options: Any) -> None:
    try:
        with transaction.atomic():
            template.save(**options)
    except IntegrityError as error:
        raise TemplateNameTaken from error


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:50] or "workflow"
    taken = set(Template.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)
