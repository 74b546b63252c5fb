"""Tools, and the ledger of what was done with them."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.queries import visible_requests
from countersign.api.pages import one_page, paged
from countersign.api.query import asked_id, asked_one_of
from countersign.errors import Forbidden
from tenants.api.base import TenantView
from tenants.models import MembershipRole
from toolserver.host.api.serializers import ListedTool, Resolution, ResolutionSerializer, ToolCallSerializer
from toolserver.host.client import HostClient
from toolserver.host.models import LedgerEntry, LedgerState
from toolserver.host.services.resolutions import resolve_call


class Tools(TenantView):
    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": "tools:read"}
    transactional = False

    @extend_schema(operation_id="tools_list", responses=paged(ListedTool, whole=True))
    def get(self, request: Request, slug: str) -> Response:
        """The tools of the team's own tool process, as they are now."""
        tools = HostClient(self.tenant.id, request.user.id).tools()
        return Response(one_page(ListedTool([_listed(tool) for tool in tools], many=True).data))


class _CallView(TenantView):
    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": "tools:read", "POST": "tools:write"}

    def calls(self) -> QuerySet[LedgerEntry]:
        """Those whose request the person may see: arguments tell what a workflow is about."""
        seen = visible_requests(self.request.user).values("id")
        return LedgerEntry.objects.filter(request_id__in=seen).prefetch_related("resolutions__created_by")


class ToolCalls(_CallView):
    @extend_schema(responses=paged(ToolCallSerializer), parameters=[
        OpenApiParameter("run", OpenApiTypes.UUID),
        OpenApiParameter("state", str, enum=LedgerState.values)])
    def get(self, request: Request, slug: str) -> Response:
        """What was called, under which grant, and what came of it; newest first."""
        calls = self.calls()
        if run := asked_id(request, "run"):
            calls = calls.filter(run_id=run)
        if state := asked_one_of(request, "state", LedgerState.values):
            calls = calls.filter(state=state)
        return self.page(calls, ToolCallSerializer)


class ToolCall(_CallView):
    @extend_schema(operation_id="tool_calls_retrieve", responses=ToolCallSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        return Response(ToolCallSerializer(self.get_or_404(self.calls(), id)).data)


class ToolCallResolution(_CallView):
    @extend_schema(request=Resolution, responses={201: ResolutionSerializer})
    def post(self, request: Request, slug: str, id: str) -> Response:
        """Say whether a call in doubt happened. Its run goes on by your word."""
        if self.principal.is_service:
            raise Forbidden("Only a person can say what happened.", code="people_only")
        word = resolve_call(entry=self.get_or_404(self.calls(), id), **self.parse(Resolution), by=request.user,
                            actor=self.actor)
        return Response(ResolutionSerializer(word).data, status=201)


def _listed(tool: dict) -> dict:
    hints, meta = tool.get("annotations") or {}, tool.get("_meta") or {}
    return {"name": tool["name"], "title": tool.get("title") or tool["name"],
            "description": tool.get("description") or "", "schema_hash": meta.get("countersign/schema_hash", ""),
            "read_only": hints.get("readOnlyHint") is True, "idempotent": hints.get("idempotentHint") is True,
            "credential_kind": meta.get("countersign/credential_kind"), "input_schema": tool.get("inputSchema") or {}}
