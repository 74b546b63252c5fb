"""How the API is described (OpenAPI 3.1): pages are lists, and every operation may answer with a problem."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from countersign.api.conditional import Conditional

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Your own id of this request. Sent again with the same key within 24 hours, it gets the first answer.")


ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200],
                        description="Stands for what this answer holds. Send it as `If-Match` with an edit.")
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER,
                                 description="An ETag: 304 without a body if nothing has changed since.")
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="The ETag of what you read. If it changed meanwhile, nothing is done: 412 `precondition_failed` shows "
                "the ETag of now. Without it the edit is done whatever changed.")


class Fault(serializers.Serializer):
    field = serializers.CharField(help_text="A path such as `input.documents.0.text`.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """RFC 9457. `code` is stable; people read `detail`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    fields = Fault(many=True, required=False)


class ApiSchema(AutoSchema):
    def get_operation_id(self) -> str:
        named = super().get_operation_id()
        return named.removesuffix("_retrieve") + "_list" if self._answers_with_a_page() else named

    def get_tags(self) -> list[str]:
        """By what it is about: `tenants/{slug}/runs/…` is about runs."""
        parts = [part for part in self.path.removeprefix("/api/v1/").split("/") if part and not part.startswith("{")]
        return [parts[1] if parts[0] == "tenants" and len(parts) > 1 else parts[0]]

    def get_override_parameters(self) -> list[OpenApiParameter]:
        if self.method == "POST":
            return [IDEMPOTENCY_KEY]
        if isinstance(self.view, Conditional):
            return [ETAG, IF_NONE_MATCH if self.method == "GET" else IF_MATCH]
        return []

    def _get_response_bodies(self, direction: str = "response") -> dict:
        answers = super()._get_response_bodies(direction)
        problem = self._get_response_for_code(Problem, "default", media_types=["application/problem+json"])
        if self.method == "GET" and isinstance(self.view, Conditional):
            answers["304"] = {"description": "Nothing has changed since that ETag."}
        return {**answers, "default": {**problem, "description": "What went wrong."}}

    def _answers_with_a_page(self) -> bool:
        return self.method == "GET" and getattr(self.get_response_serializers(), "is_page", False)
