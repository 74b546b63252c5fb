"""What goes in and out for templates, versions, permissions and the gallery."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.permissions import ACTIONS
from countersign.api.schema import Fault
from tenants.api.serializers import NameField
from tenants.models import MembershipRole
from workflows.gallery import gallery
from workflows.models import Template, Version
from workflows.spec.reading import spec_from_data, spec_from_text

NOTES = 4000


@extend_schema_field({"oneOf": [{"type": "object", "additionalProperties": True}, {"type": "string"}],
                      "description": "A spec document (see `/api/v1/workflow-schema/`), or its YAML text."})
class SpecField(serializers.Field):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Raises Invalid, with the line where reading stopped."""
        return spec_from_text(data) if isinstance(data, str) else spec_from_data(data)

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


class TemplateSerializer(serializers.ModelSerializer):
    published = serializers.IntegerField(allow_null=True, help_text="The newest published version: what a run starts.")
    newest = serializers.IntegerField(help_text="The newest version of any status.")
    created_by = serializers.UUIDField(source="created_by_id", allow_null=True)
    may = serializers.SerializerMethodField(help_text="What you may do with it, besides seeing it.")

    class Meta:
        model = Template
        fields = ["id", "name", "slug", "gallery", "published", "newest", "may", "created_by", "created_at",
                  "archived_at"]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(["run", "edit", "publish"])))
    def get_may(self, template: Template) -> list[str]:
        """The right on the scope, and the membership that using it takes."""
        role = MembershipRole(self.context["view"].membership.role)
        allowed = {"run": template.may_run and role.covers(MembershipRole.EDITOR),
                   "edit": template.may_edit and role.covers(MembershipRole.EDITOR),
                   "publish": role.covers(MembershipRole.ADMIN)}
        return [action for action, given in allowed.items() if given]


class NewTemplate(serializers.Serializer):
    """A spec, or the id of a gallery entry. The name is the spec's own where it is left out."""

    name = NameField(required=False)
    spec = SpecField(required=False)
    gallery = serializers.CharField(required=False)

    def validate_gallery(self, id: str) -> str:
        if id not in gallery():
            raise serializers.ValidationError(f"The gallery has: {', '.join(gallery())}.", code="unknown")
        return id

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("spec" in asked) == ("gallery" in asked):
            raise serializers.ValidationError({"spec": ["Send either a spec or the id of a gallery entry."]},
                                              code="one_of")
        spec = asked["spec"] if "spec" in asked else gallery()[asked["gallery"]].spec
        name = asked["name"] if "name" in asked else spec.get("name")
        try:
            name = NameField().run_validation(name)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"name": error.detail}) from error
        return {"name": name, "spec": spec, "gallery": asked.get("gallery", "")}


class TemplateChange(serializers.Serializer):
    name = NameField(required=False)
    archived = serializers.BooleanField(required=False)


class VersionSummary(serializers.ModelSerializer):
    created_by = serializers.UUIDField(source="created_by_id", allow_null=True)
    published_by = serializers.UUIDField(source="published_by_id", allow_null=True)

    class Meta:
        model = Version
        fields = ["id", "number", "status", "spec_hash", "notes", "created_by", "created_at", "published_by",
                  "published_at"]


class VersionSerializer(VersionSummary):
    spec = SpecField()

    class Meta(VersionSummary.Meta):
        fields = [*VersionSummary.Meta.fields, "spec", "pins"]


class PublishedVersion(VersionSerializer):
    warnings = Fault(many=True, default=[])

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "warnings"]


class Publication(serializers.Serializer):
    spec_hash = serializers.CharField(required=False, max_length=100, help_text=(
        "Of the spec that you looked at: another one is not published. Without it, whatever the draft holds is."))


class NewVersion(serializers.Serializer):
    spec = SpecField()
    notes = serializers.CharField(required=False, allow_blank=True, max_length=NOTES, default="")


class VersionChange(serializers.Serializer):
    spec = SpecField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=NOTES)


class SpecToCheck(serializers.Serializer):
    spec = SpecField()
    workflow = serializers.UUIDField(required=False, allow_null=True, default=None, help_text=(
        "Whose version it is to become: then who may decide on it is looked at, too."))


class FindingsSerializer(serializers.Serializer):
    faults = Fault(many=True)
    warnings = Fault(many=True)


class PermittedRole(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class PermittedUser(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()


class PermissionSerializer(serializers.Serializer):
    """What one approver role, or one person, may do. Exactly one of the two is named."""

    role = PermittedRole(allow_null=True)
    user = PermittedUser(allow_null=True)
    actions = serializers.ListField(child=serializers.ChoiceField(ACTIONS))


class DeciderSerializer(PermittedUser):
    roles = PermittedRole(many=True, help_text="In which they may decide.")


class GateRule(serializers.Serializer):
    role = serializers.CharField()
    role_id = serializers.UUIDField()
    count = serializers.IntegerField(help_text="How many different people it takes.")
    lacks = serializers.IntegerField(help_text="How many are missing, even if everyone who may decide approves.")


class GateSerializer(serializers.Serializer):
    """A gate of the newest published version: whom it asks."""

    id = serializers.CharField()
    words = serializers.CharField()
    rules = GateRule(many=True)


class WorkflowRights(serializers.Serializer):
    """Who may do what with one workflow."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    published = serializers.IntegerField(allow_null=True)
    permissions = PermissionSerializer(many=True)
    deciders = DeciderSerializer(many=True, help_text="Who could approve now, before a run's own exclusions.")
    gates = GateSerializer(many=True)


class PermissionChange(serializers.Serializer):
    """All that this role, or this person, may do from now on. An empty list takes everything away."""

    role = serializers.UUIDField(required=False, help_text="An approver role.")
    user = serializers.UUIDField(required=False, help_text="A member's user id.")
    actions = serializers.ListField(child=serializers.ChoiceField(ACTIONS), max_length=len(ACTIONS))

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("role" in asked) == ("user" in asked):
            raise serializers.ValidationError({"role": ["Name either a role or a user."]}, code="one_of")
        return asked


class GalleryEntrySerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    spec = SpecField()
