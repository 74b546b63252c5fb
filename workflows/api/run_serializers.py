"""Runs, as they go in and come out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.api.serializers import JudgementSerializer
from approvals.models import Verdict
from workflows.models import EventKind, Run, RunEvent, RunStatus
from workflows.queries.runs import run_story

WHAT_TO_DO = {
    "in_doubt": "Look outside whether the call happened, say so on the tool call, and the run goes on by itself.",
    "tool_not_done": "The call did not happen. Put right what stopped it, then retry: the approval still holds.",
    "tool_unreachable": "The tool server did not say what became of the call, so that is not known yet. Retry once it "
                        "answers: it is asked under the same key, and what has happened does not happen again.",
    "grant_expired": "Retry: the approval is given again if its people still may give it.",
    "grant_held": "The approval holds the call back. Retry once its time has come.",
    "model_unavailable": "No provider of this model answers. Retry once one does: what is done is not done again.",
    "model_output": "The model keeps answering in the wrong shape. Retry, or change the prompt or the model.",
    "limit_cost": "The run met its limit on cost. Retry to allow as much again, or cancel it.",
    "limit_revisions": "People asked for changes more often than allowed. Retry to allow ten more, or cancel it.",
    "quarantined": "Several workers failed at this step. Look at the last error, then retry or cancel.",
}


class NewRun(serializers.Serializer):
    workflow = serializers.UUIDField()
    version = serializers.IntegerField(required=False, allow_null=True, min_value=1, default=None,
                                       help_text="The number of a published version; the newest where left out.")
    input = serializers.DictField(help_text="As the version's JSON Schema asks for.")
    title = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class Cancellation(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")


class WorkflowNameSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class RunSerializer(serializers.ModelSerializer):
    workflow = WorkflowNameSerializer(source="template")
    version = serializers.IntegerField(source="version.number")
    status = serializers.ChoiceField(RunStatus.choices)
    started_by = serializers.EmailField(source="started_by.email", default=None, allow_null=True)
    cost = serializers.FloatField(help_text="USD")

    class Meta:
        model = Run
        fields = ["id", "workflow", "version", "status", "attention_reason", "title", "started_by", "revision", "cost",
                  "created_at", "started_at", "ended_at"]


class AttentionSerializer(serializers.Serializer):
    reason = serializers.CharField()
    detail = serializers.CharField()
    what_to_do = serializers.CharField()
    ledger_entry = serializers.CharField(help_text="The tool call in question, or empty.")


class RunErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField(required=False)
    error_class = serializers.ChoiceField(["transient", "permanent", "policy", "bug"], required=False)


class StepSerializer(serializers.Serializer):
    node = serializers.CharField()
    type = serializers.CharField()
    status = serializers.ChoiceField(["running", "completed", "failed", "lost"])
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(required=False)
    model = serializers.CharField(required=False)
    provider = serializers.CharField(required=False)
    tokens_in = serializers.IntegerField(required=False)
    tokens_out = serializers.IntegerField(required=False)
    cost = serializers.FloatField(required=False)
    revision = serializers.IntegerField(required=False)
    verdict = JudgementSerializer(required=False, help_text="A supervisor's.")
    decision = serializers.ChoiceField(Verdict.choices, required=False, help_text="What people said at a gate.")
    tool = serializers.CharField(required=False)
    outcome = serializers.CharField(required=False)
    ledger_entry = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    error_class = serializers.CharField(required=False)


class DraftSerializer(serializers.Serializer):
    node = serializers.CharField()
    revision = serializers.IntegerField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class LimitsSerializer(serializers.Serializer):
    """The spec's, as people who retried the run have raised them."""

    revisions = serializers.IntegerField(help_text="How many more drafts supervisors may ask for. People may ask on.")
    steps = serializers.IntegerField()
    seconds = serializers.IntegerField(help_text="Of work; waiting for people is not counted.")
    cost = serializers.FloatField(help_text="USD")


class RunDetailSerializer(RunSerializer):
    request = serializers.UUIDField(source="request_id", allow_null=True,
                                    help_text="The newest request for approval.")
    attention = serializers.SerializerMethodField()
    error = RunErrorSerializer(allow_null=True)
    limits = LimitsSerializer()
    steps = StepSerializer(many=True, help_text="Each try of each node, in order.")
    drafts = DraftSerializer(many=True, help_text="What workers completed, oldest first.")

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "request", "attention", "error", "input", "limits", "active_seconds",
                  "tokens_in", "tokens_out", "steps", "drafts"]

    @extend_schema_field(AttentionSerializer(allow_null=True))
    def get_attention(self, run: Run) -> dict[str, Any] | None:
        if run.status != RunStatus.NEEDS_ATTENTION:
            return None
        told = run.attention
        last = told.get("last_error") or {}
        return {"reason": run.attention_reason, "detail": told.get("detail") or last.get("detail", ""),
                "what_to_do": WHAT_TO_DO.get(run.attention_reason, "Retry the run, or cancel it."),
                "ledger_entry": told.get("ledger_entry") or ""}

    def to_representation(self, run: Run) -> dict[str, Any]:
        story = run_story(run)
        run.steps, run.drafts = story["steps"], story["drafts"]
        return super().to_representation(run)


class EventSerializer(serializers.ModelSerializer):
    kind = serializers.ChoiceField(EventKind.choices)
    node = serializers.CharField(allow_blank=True, help_text="Empty for what concerns the whole run.")
    data = serializers.DictField()
    at = serializers.DateTimeField()

    class Meta:
        model = RunEvent
        fields = ["seq", "kind", "node", "data", "at"]


class ArtifactSerializer(serializers.Serializer):
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes")
    sha256 = serializers.CharField()
