"""What goes in and out."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import ApprovalRequest, ApproverRole, Decision, Grant, GrantStatus, Verdict
from approvals.services.decisions import MOST_WORDS
from tenants.api.serializers import NameField
from tenants.models import User

JUDGEMENTS = ["pass", "revise"]


class ApproverSerializer(serializers.ModelSerializer):
    """A person, as others of the team see them."""

    class Meta:
        model = User
        fields = ["id", "email", "name"]


class RoleSerializer(serializers.ModelSerializer):
    members = serializers.IntegerField(read_only=True, help_text="How many people hold it.")

    class Meta:
        model = ApproverRole
        fields = ["id", "name", "description", "members", "created_at"]


class NewRole(serializers.Serializer):
    name = NameField(max_length=80)
    description = NameField(max_length=300, allow_blank=True, default="")


class RoleChange(serializers.Serializer):
    name = NameField(max_length=80, required=False)
    description = NameField(max_length=300, allow_blank=True, required=False)


class NewRoleMember(serializers.Serializer):
    user = serializers.UUIDField(help_text="A member of the team.")


class ScopeField(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class SubjectField(serializers.Serializer):
    """What the request is about, such as a run."""

    type = serializers.CharField(source="subject_type")
    id = serializers.UUIDField(source="subject_id")


class Lack(serializers.Serializer):
    role = serializers.CharField()
    role_id = serializers.UUIDField()
    lacks = serializers.IntegerField(help_text="How many more people would have to hold the role.")


class RequestSerializer(serializers.ModelSerializer):
    scope = ScopeField()
    subject = SubjectField(source="*")
    started_by = ApproverSerializer(allow_null=True)
    tools = serializers.ListField(child=serializers.CharField(), help_text="The tools that approval lets be called.")
    unmeetable = Lack(source="lacking", many=True, help_text="Rules that the people of now cannot meet any more.")

    class Meta:
        model = ApprovalRequest
        fields = ["id", "title", "status", "scope", "subject", "gate", "revision", "plan_hash", "tools", "started_by",
                  "opened_at", "expires_at", "settled_at", "unmeetable"]


class CheckSerializer(serializers.Serializer):
    id = serializers.CharField()
    passed = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True, help_text="What to change; empty for one that passed.")


class JudgementSerializer(serializers.Serializer):
    """What a supervisor thought of a draft. It decides nothing."""

    verdict = serializers.ChoiceField(JUDGEMENTS)
    summary = serializers.CharField(allow_blank=True)
    checks = CheckSerializer(many=True)


class Shown(serializers.Serializer):
    """What people are given to read: the draft, and what the workflow itself thinks of it."""

    draft = serializers.CharField(allow_blank=True)
    format = serializers.CharField()
    verdict = JudgementSerializer(allow_null=True)
    objections = serializers.ListField(child=serializers.JSONField())
    notes = serializers.ListField(child=serializers.JSONField())


class CallSerializer(serializers.Serializer):
    id = serializers.CharField()
    tool = serializers.CharField()
    schema_hash = serializers.CharField()
    arguments = serializers.DictField(help_text="In full, exactly as the tool will get them.")
    arguments_hash = serializers.CharField()


class RuleSerializer(serializers.Serializer):
    role = serializers.CharField()
    role_id = serializers.UUIDField()
    count = serializers.IntegerField(help_text="How many different people it takes.")
    approved = serializers.IntegerField(help_text="How many of those who approved are counted for it.")


class ListedRequest(RequestSerializer):
    needs = serializers.SerializerMethodField(help_text="The policy's rules, with how far they are met.")

    class Meta(RequestSerializer.Meta):
        fields = [*RequestSerializer.Meta.fields, "needs"]

    @extend_schema_field(RuleSerializer(many=True))
    def get_needs(self, request: ApprovalRequest) -> list[dict]:
        return RuleSerializer(self.context["progress"][request.id], many=True).data


class Waiting(serializers.Serializer):
    count = serializers.IntegerField(help_text="How many requests wait for you, of all there are up to `most`.")
    most = serializers.IntegerField(help_text="It is not counted further than this.")


class PolicySerializer(serializers.Serializer):
    """The policy that was published, with how far it is met."""

    words = serializers.CharField()
    hash = serializers.CharField()
    rules = RuleSerializer(many=True)
    exclude_starter = serializers.BooleanField()
    exclude_authors = serializers.BooleanField()
    reason_required = serializers.BooleanField()
    expires_after_hours = serializers.IntegerField(allow_null=True)
    hold_seconds = serializers.IntegerField()
    grant_hours = serializers.IntegerField()


class AskedSerializer(ApproverSerializer):
    roles = serializers.ListField(child=serializers.CharField(), help_text="In which they may decide.")
    decided = serializers.BooleanField()

    class Meta(ApproverSerializer.Meta):
        fields = [*ApproverSerializer.Meta.fields, "roles", "decided"]


class DecisionSerializer(serializers.ModelSerializer):
    user = ApproverSerializer()
    roles = serializers.ListField(child=serializers.CharField(), source="role_names", read_only=True,
                                  help_text="In which they decided.")
    at = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Decision
        fields = ["id", "user", "verdict", "comment", "revision", "plan_hash", "roles", "channel", "at"]


class DecidedSerializer(DecisionSerializer):
    status = serializers.CharField(source="request.status", help_text="The request's, after this decision.")

    class Meta(DecisionSerializer.Meta):
        fields = [*DecisionSerializer.Meta.fields, "status"]


class GrantSerializer(serializers.ModelSerializer):
    """Never the signed grant itself: it goes from web to the tool server, through the database alone."""

    call = serializers.CharField(source="call_id")
    status = serializers.ChoiceField(GrantStatus.choices)

    class Meta:
        model = Grant
        fields = ["id", "call", "tool", "status", "not_before", "expires_at", "consumed_at", "revoked_at"]


class OwnStanding(serializers.Serializer):
    may = serializers.BooleanField(help_text="Whether you may decide it now.")
    reason = serializers.CharField(allow_null=True, help_text="Why you may not.")


class RequestDetail(RequestSerializer):
    version = serializers.CharField(help_text="The template version that planned it.")
    authors = ApproverSerializer(many=True)
    shown = Shown()
    calls = CallSerializer(many=True)
    policy = PolicySerializer()
    may_decide = AskedSerializer(many=True, help_text="Who may decide it; of a closed request, who could have.")
    decisions = DecisionSerializer(many=True)
    grants = GrantSerializer(many=True)
    mine = OwnStanding()

    class Meta(RequestSerializer.Meta):
        fields = [*RequestSerializer.Meta.fields, "version", "authors", "shown", "calls", "policy", "may_decide",
                  "decisions", "grants", "mine"]


class NewDecision(serializers.Serializer):
    verdict = serializers.ChoiceField(Verdict.choices)
    comment = serializers.CharField(max_length=MOST_WORDS, allow_blank=True, default="")
    revision = serializers.IntegerField(min_value=0, help_text="The revision you looked at.")
    plan_hash = serializers.CharField(max_length=80, help_text="The hash of the plan you looked at.")
