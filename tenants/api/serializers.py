"""What goes in and out."""

from __future__ import annotations

from django.core.validators import RegexValidator
from rest_framework import serializers

from tenants.models import ApiToken, AuditEntry, Invitation, Membership, MembershipRole, Tenant, User
from tenants.scopes import SCOPES
from tenants.services.teams import RESERVED_SLUGS, SLUG_LENGTH
from tenants.sign_up import ONE_LINE

INVITATION_STATUS = ["open", "accepted", "revoked", "expired"]
SLUG = RegexValidator(r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z", "Lower-case letters, digits, and hyphens between them.")


class NameField(serializers.CharField):
    """One line of text."""

    def __init__(self, **options) -> None:
        super().__init__(**{"max_length": 120, **options})
        self.validators.append(ONE_LINE)


class TenantSerializer(serializers.ModelSerializer):
    role = serializers.ChoiceField(MembershipRole.choices, read_only=True, help_text="Yours, in this team.")

    class Meta:
        model = Tenant
        fields = ["id", "slug", "name", "role", "created_at"]


class NewTenant(serializers.Serializer):
    name = NameField()
    slug = serializers.CharField(max_length=SLUG_LENGTH, required=False, validators=[SLUG],
                                 help_text="The team's address; made of the name where it is left out.")

    def validate_slug(self, slug: str) -> str:
        if slug in RESERVED_SLUGS:
            raise serializers.ValidationError("This address is reserved.", code="reserved")
        return slug


class TenantChange(serializers.Serializer):
    name = NameField()


class MemberSerializer(serializers.ModelSerializer):
    user = serializers.UUIDField(source="user_id")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")
    is_service = serializers.BooleanField(source="user.is_service")
    since = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Membership
        fields = ["id", "user", "email", "name", "is_service", "role", "since"]


class MemberChange(serializers.Serializer):
    role = serializers.ChoiceField(MembershipRole.choices)


class InvitationSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(INVITATION_STATUS, read_only=True)
    invited_by = serializers.CharField(source="invited_by.email")

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "status", "invited_by", "created_at", "expires_at", "sent_at", "send_error"]


class NewInvitation(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(MembershipRole.choices)


class Acceptance(serializers.Serializer):
    token = serializers.CharField(max_length=200, help_text="The last part of the address in the invitation's e-mail.")


class InvitationPreview(serializers.ModelSerializer):
    """No more than its e-mail said, and whether it still holds."""

    team = serializers.CharField(source="tenant.name")
    invited_by = serializers.CharField(help_text="The name of whoever invites, or the address of one without.")
    status = serializers.ChoiceField(INVITATION_STATUS)

    class Meta:
        model = Invitation
        fields = ["team", "email", "role", "invited_by", "status", "expires_at"]


class TokenSerializer(serializers.ModelSerializer):
    user = serializers.UUIDField(source="user_id")
    email = serializers.CharField(source="user.email")
    user_name = serializers.CharField(source="user.name")
    is_service = serializers.BooleanField(source="user.is_service")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To within ten minutes.")

    class Meta:
        model = ApiToken
        fields = ["id", "name", "hint", "user", "email", "user_name", "is_service", "scopes", "created_at",
                  "expires_at", "revoked_at", "last_used_at"]


class IssuedToken(TokenSerializer):
    secret = serializers.CharField(help_text="Shown this once.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]


class ServiceAccountChoice(serializers.Serializer):
    """An existing service account by `user`, or a new one by `name` and `role`."""

    user = serializers.UUIDField(required=False)
    name = NameField(required=False)
    role = serializers.ChoiceField(MembershipRole.choices, default=MembershipRole.EDITOR)

    def validate(self, data: dict) -> dict:
        if ("user" in data) == ("name" in data):
            raise serializers.ValidationError("Give either `user` or `name`.", code="either")
        return data


class NewToken(serializers.Serializer):
    name = NameField()
    scopes = serializers.ListField(child=serializers.ChoiceField(sorted(SCOPES)), allow_empty=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    service_account = ServiceAccountChoice(required=False, allow_null=True, default=None,
                                           help_text="Whom the token acts as, instead of you. For admins.")


class OwnTenant(serializers.Serializer):
    id = serializers.UUIDField(source="tenant.id")
    slug = serializers.CharField(source="tenant.slug")
    name = serializers.CharField(source="tenant.name")
    role = serializers.ChoiceField(MembershipRole.choices)


class OwnToken(serializers.ModelSerializer):
    class Meta:
        model = ApiToken
        fields = ["id", "scopes", "expires_at"]


class PersonChange(serializers.Serializer):
    name = NameField(allow_blank=True)


class PersonSerializer(serializers.ModelSerializer):
    tenants = OwnTenant(many=True)
    token = OwnToken(allow_null=True, help_text="The token that asks, if it is one.")

    class Meta:
        model = User
        fields = ["id", "email", "name", "is_service", "tenants", "token"]


class AuditSubject(serializers.Serializer):
    type = serializers.CharField(source="subject_type")
    id = serializers.UUIDField(source="subject_id")


class AuditActor(serializers.Serializer):
    kind = serializers.ChoiceField(["user", "token", "service", "system"], source="actor_kind")
    id = serializers.UUIDField(source="actor_id", allow_null=True)
    via = serializers.CharField(source="actor_via")
    label = serializers.SerializerMethodField()

    def get_label(self, entry: AuditEntry) -> str:
        return self.context["view"].labels.get(entry.actor_id, entry.actor_via or entry.actor_kind)


class AuditEntrySerializer(serializers.ModelSerializer):
    subject = AuditSubject(source="*")
    actor = AuditActor(source="*")
    data = serializers.JSONField()
    sequence = serializers.IntegerField(help_text="Its place in the chain.")

    class Meta:
        model = AuditEntry
        fields = ["id", "sequence", "at", "action", "subject", "actor", "data"]


class ChainFault(serializers.Serializer):
    sequence = serializers.IntegerField(allow_null=True)
    entry = serializers.UUIDField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ChainReportSerializer(serializers.Serializer):
    ok = serializers.BooleanField()
    entries = serializers.IntegerField()
    head = serializers.CharField()
    first_fault = ChainFault(allow_null=True)
