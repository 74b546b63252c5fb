"""What a planned call would do, shown before anybody approves it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.plans import read_plan
from approvals.queries import visible_requests
from countersign.errors import NotFound
from tenants.api.base import TenantView
from tenants.models import MembershipRole
from toolserver.host.api.serializers import CallPreview
from toolserver.host.client import HostClient


class PlannedCallPreview(TenantView):
    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": "approvals:read"}
    transactional = False

    @extend_schema(operation_id="approvals_calls_preview_retrieve", responses=CallPreview)
    def get(self, request: Request, slug: str, id: str, call: str) -> Response:
        """What the tool would make of a planned call now: an e-mail's sender, recipients, and both its parts.

        Nothing is sent. The team's own tool process composes it, by the code that would send it.
        """
        with self.context():
            found = self.get_or_404(visible_requests(request.user), id)
        planned = next((each for each in read_plan(found.plan).calls if each.id == call), None)
        if planned is None:
            raise NotFound
        made = HostClient(self.tenant.id, request.user.id).preview({
            "tool": planned.tool, "schema_hash": planned.schema_hash, "arguments": planned.arguments,
            "run": str(found.subject_id), "idempotency_key": f"{found.id}:{planned.id}"})
        return Response(CallPreview(made).data)
