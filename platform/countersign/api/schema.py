"""How the API is described (OpenAPI 3.1): pages are lists, and every way to fail is a problem that is listed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from countersign.api.conditional import Conditional

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 200}, OpenApiParameter.HEADER,
    description="Your own id of this request. Sent again with the same key within 24 hours, it gets the first answer.")
CURSOR = OpenApiParameter("cursor", str, description="As in the `next` or `previous` of another page.")
PAGE_SIZE = OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "default": 50},
                             description="200 at most; more is answered with 200.")
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
    """RFC 9457. `code` is stable; people read `detail`. Some have members of their own beside these."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    fields = Fault(many=True, required=False)


def anything_may_be_null(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A hook: `{}` is any JSON, null too, so that "either any JSON or null" would be true twice of null."""
    return _simplified(result)


def _simplified(part: Any) -> Any:
    if isinstance(part, dict):
        if part.get("oneOf") == [{}, {"type": "null"}]:
            part = {name: value for name, value in part.items() if name != "oneOf"}
        return {name: _simplified(value) for name, value in part.items()}
    return [_simplified(item) for item in part] if isinstance(part, list) else part


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
            return [IDEMPOTENCY_KEY] if hasattr(self.view, "replays") else []
        if isinstance(self.view, Conditional):
            return [ETAG, IF_NONE_MATCH if self.method == "GET" else IF_MATCH]
        if self._answers_with_a_page() and self.get_response_serializers().has_cursors:
            return [CURSOR, PAGE_SIZE]
        return []

    def _get_response_bodies(self, direction: str = "response") -> dict:
        answers = super()._get_response_bodies(direction)
        if self.method == "GET" and isinstance(self.view, Conditional):
            answers["304"] = {"description": "Nothing has changed since that ETag."}
        self.resolve_serializer(Problem, direction)
        problems = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in self._problems()}
        return dict(sorted({**answers, **problems}.items()))

    def _problems(self) -> list[int]:
        """How this operation may fail. It may always turn out that nobody is signed in, or that they ask too much."""
        statuses = {401, 403, 422, 429, 431, 503}
        if self.method != "GET":
            statuses |= {400, 408, 409, 413, 415}
        if "{" in self.path or self.path.endswith(("/accept/", "/preview/")):
            statuses.add(404)
        if self.method in ("PUT", "PATCH", "DELETE") and isinstance(self.view, Conditional):
            statuses.add(412)
        return sorted(statuses)

    def _answers_with_a_page(self) -> bool:
        return self.method == "GET" and getattr(self.get_response_serializers(), "is_page", False)
