"""The audit trail: read, verified, exported."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.pages import paged
from countersign.api.query import asked_id
from countersign.places import Places
from tenants.api.base import TenantView
from tenants.api.serializers import AuditEntrySerializer, ChainReportSerializer
from tenants.audit import AuditEntry, AuditLink, verify_chain
from tenants.audit.export import exported_lines
from tenants.models import User

VERIFICATIONS = Places(1, "verifications of one team")
FILTERS = {"action": "action", "subject": "subject_id", "actor": "actor_id"}


class Audit(TenantView):
    """For admins."""

    scopes = {"GET": "audit:read"}
    labels: dict[UUID, str]

    @extend_schema(responses=paged(AuditEntrySerializer), parameters=[
        OpenApiParameter("action", str, description="As `run.started`, or `run.` for all that begin so."),
        OpenApiParameter("subject", OpenApiTypes.UUID), OpenApiParameter("actor", OpenApiTypes.UUID)])
    def get(self, request: Request, slug: str) -> Response:
        """What happened, newest first."""
        links = AuditLink.objects.filter(tenant_id=OuterRef("tenant_id"), entry_id=OuterRef("id"))
        entries = self._asked_for().annotate(sequence=Subquery(links.values("sequence")))
        return self.page(entries, AuditEntrySerializer)

    def rendered(self, rows: list[AuditEntry], serializer) -> list:
        actors = {row.actor_id for row in rows if row.actor_id}
        self.labels = dict(User.objects.filter(id__in=actors).values_list("id", "email"))
        return super().rendered(rows, serializer)

    def _asked_for(self) -> QuerySet[AuditEntry]:
        entries, asked = AuditEntry.objects.all(), self.request.query_params
        if action := asked.get("action"):
            entries = entries.filter(**{"action__startswith" if action.endswith(".") else "action": action})
        for name in ("subject", "actor"):
            if id := asked_id(self.request, name):
                entries = entries.filter(**{FILTERS[name]: id})
        return entries


class AuditVerification(TenantView):
    scopes = {"GET": "audit:read"}
    transactional = False

    @extend_schema(responses=ChainReportSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Walk the whole chain, and say whether it holds. One at a time for a team: another is answered with 429."""
        with VERIFICATIONS.taken(self.tenant.id):
            return Response(ChainReportSerializer(verify_chain(self.tenant.id)).data)


class AuditExport(TenantView):
    scopes = {"GET": "audit:read"}

    @extend_schema(responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """The whole chain as JSON lines, the last one a signed head: `manage.py verify_audit FILE --trust KEY`."""
        response = StreamingHttpResponse(exported_lines(self.tenant), content_type="application/jsonl")
        response["Content-Disposition"] = f'attachment; filename="audit-{self.tenant.slug}.jsonl"'
        return response
