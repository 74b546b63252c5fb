"""Templates and their versions."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from countersign.clock import now
from countersign.database.references import TenantForeignKey, TenantReference
from tenants.models import TenantOwned, User, unique_in_tenant


class TemplateQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> TemplateQuerySet:
        from approvals.permissions import visible_scopes

        return self.filter(scope__in=visible_scopes(user, "view"))

    def with_numbers(self) -> TemplateQuerySet:
        """Adds `published` (None without one) and `newest`: the highest numbers of each."""
        return self.annotate(
            published=models.Max("versions__number", filter=models.Q(versions__status=VersionStatus.PUBLISHED)),
            newest=models.Max("versions__number"))

    def with_rights(self, user: User) -> TemplateQuerySet:
        """Adds `may_run` and `may_edit`: whether the scope gives this person the right, whatever their membership."""
        from approvals.permissions import visible_scopes

        return self.annotate(**{
            f"may_{action}": models.Exists(visible_scopes(user, action).filter(pk=models.OuterRef("scope_id")))
            for action in ("run", "edit")})


class Template(TenantOwned):
    """A workflow as its team knows it. Rights hang on its scope; what it does stands in its versions."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)
    scope = TenantForeignKey("approvals.Scope", models.PROTECT, related_name="+")
    gallery = models.CharField(max_length=60, blank=True)  # the gallery entry it was made from
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=now)
    archived_at = models.DateTimeField(null=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            unique_in_tenant("template_id"),
            unique_in_tenant("template_slug", "slug"),
            unique_in_tenant("template_scope_once", "scope"),
            models.UniqueConstraint("tenant", Lower("name"), name="template_name"),
            TenantReference(field="scope", to="approvals.Scope", name="template_scope"),
        ]

    def __str__(self) -> str:
        return self.name


class VersionStatus(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Version(TenantOwned):
    """One spec document. Once published, the database lets nothing change but `published` to `retired`.

    `pins` is what the spec's names meant when it was published (`workflows.spec.pins.Pins`).
    """

    template = TenantForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    spec = models.JSONField()
    spec_hash = models.CharField(max_length=71)
    notes = models.TextField(blank=True)
    pins = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=now)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            unique_in_tenant("version_id"),
            unique_in_tenant("version_number", "template", "number"),
            TenantReference(field="template", to="workflows.Template", name="version_template"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"
