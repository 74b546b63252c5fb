"""Runs over REST."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.permissions import require
from countersign.api.kept import all_shown, shown
from countersign.api.pages import one_page, paged
from countersign.api.query import asked_id
from countersign.artifacts import RunFolder
from countersign.errors import Invalid, NotFound, field_fault
from countersign.ids import parse_id
from tenants.api.base import TenantView
from tenants.models import MembershipRole
from workflows.api.run_serializers import (
    ArtifactSerializer,
    Cancellation,
    EventSerializer,
    NewRun,
    RunDetailSerializer,
    RunSerializer,
)
from workflows.engine.watching import EVENTS_AT_ONCE
from workflows.models import Run, RunStatus
from workflows.queries.runs import Watched, events_after, in_full, runs_visible_to, watched_run
from workflows.queries.templates import template_to_run
from workflows.services.runs import cancel_run, retry_run, start_run


class _RunView(TenantView):
    required_role = {"GET": MembershipRole.VIEWER, "POST": MembershipRole.EDITOR}
    scopes = {"GET": "runs:read", "POST": "runs:write"}

    def run(self, id: str) -> Run:
        """Raises NotFound, also for a run of a workflow that this person may not see."""
        return self.get_or_404(runs_visible_to(self.request.user), id)

    def watched(self, id: str) -> Watched:
        """The same, with no more than its events need. Raises NotFound."""
        found = watched_run(self.request.user, parsed) if (parsed := parse_id(id)) else None
        if found is None:
            raise NotFound
        return found

    def run_to_change(self, id: str) -> Run:
        run = self.run(id)
        require(self.request.user, "run", run.template.scope)
        return run

    def detail(self, run: Run) -> Response:
        """A run that was changed, as it stands now."""
        return Response(shown(RunDetailSerializer, in_full(Run.objects).get(id=run.id)))


class Runs(_RunView):
    pipelined = True

    @extend_schema(responses=paged(RunSerializer), parameters=[
        OpenApiParameter("status", str, enum=RunStatus.values, description="One or several, with commas."),
        OpenApiParameter("workflow", OpenApiTypes.UUID)])
    def get(self, request: Request, slug: str) -> Response:
        """Runs of the workflows that you may see, newest first."""
        return self.page(self._asked_for(), RunSerializer)

    def _asked_for(self) -> QuerySet[Run]:
        runs, asked = runs_visible_to(self.request.user), self.request.query_params
        if "status" in asked:
            wanted = asked["status"].split(",")
            if unknown := [status for status in wanted if status not in RunStatus.values]:
                raise Invalid(fields=[field_fault("status", "invalid", f"No run is {unknown[0][:40]!r}.")])
            runs = runs.filter(status__in=wanted)
        if workflow := asked_id(self.request, "workflow"):
            runs = runs.filter(template_id=workflow)
        return runs

    @extend_schema(request=NewRun, responses={201: RunDetailSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Start a run. With an `Idempotency-Key`, a repeated request starts no second one."""
        asked = self.parse(NewRun)
        template = template_to_run(request.user, asked["workflow"])
        if template is None:
            raise Invalid(fields=[field_fault("workflow", "unknown", "There is no such workflow.")])
        run = start_run(template=template, number=asked["version"], run_input=asked["input"], title=asked["title"],
                        actor=self.actor, started_by=request.user)
        headers = {"Location": f"/api/v1/tenants/{self.tenant.slug}/runs/{run.id}/"}
        return Response(shown(RunDetailSerializer, run), status=201, headers=headers)


class RunView(_RunView):
    @extend_schema(responses=RunDetailSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        """One run: where it stands, its steps and drafts, and what it needs from whom."""
        return Response(shown(RunDetailSerializer, self.get_or_404(in_full(runs_visible_to(request.user)), id)))


class RunCancellation(_RunView):
    @extend_schema(request=Cancellation, responses=RunDetailSerializer)
    def post(self, request: Request, slug: str, id: str) -> Response:
        """End the run now. What a tool has done is not undone; what was approved and not yet done is withdrawn."""
        run = self.run_to_change(id)
        return self.detail(cancel_run(run=run, actor=self.actor, reason=self.parse(Cancellation)["reason"]))


class RunRetry(_RunView):
    @extend_schema(request=None, responses=RunDetailSerializer)
    def post(self, request: Request, slug: str, id: str) -> Response:
        """Go on from the last checkpoint: a run that needs attention, or that failed."""
        return self.detail(retry_run(run=self.run_to_change(id), actor=self.actor))


class RunEvents(_RunView):
    @extend_schema(responses=paged(EventSerializer, whole=True), parameters=[
        OpenApiParameter("after", int, description="Only events after this sequence number."),
        OpenApiParameter("page_size", int)])
    def get(self, request: Request, slug: str, id: str) -> Response:
        """What happened, oldest first. `next` is there when more has happened than fits."""
        run, after = self.watched(id), whole_number("after", request.query_params.get("after", "0"))
        most = min(whole_number("page_size", request.query_params.get("page_size", "200")) or 1, EVENTS_AT_ONCE)
        events = events_after(run.id, after, most=most + 1)
        page, more = events[:most], len(events) > most
        next_page = f"?after={page[-1].seq}&page_size={most}" if more else None
        return Response({"next": next_page and request.build_absolute_uri(request.path + next_page), "previous": None,
                         "results": all_shown(EventSerializer, page)})


def whole_number(name: str, text: str) -> int:
    """Raises Invalid."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Invalid(fields=[field_fault(name, "invalid", "This is no whole number.")])
    return int(text)


class RunArtifacts(_RunView):
    @extend_schema(responses=paged(ArtifactSerializer, whole=True))
    def get(self, request: Request, slug: str, id: str) -> Response:
        """What the run left: all of it, on one page."""
        left = folder_of(self.run(id)).list()
        return Response(one_page(ArtifactSerializer(left, many=True).data))


class RunArtifact(_RunView):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, id: str, name: str) -> HttpResponse:
        """One artifact, to be kept, not shown: browsers download it whatever it claims to be."""
        content = folder_of(self.run(id)).read(name)
        response = HttpResponse(content, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def folder_of(run: Run) -> RunFolder:
    return RunFolder(settings.ARTIFACTS_DIR, tenant=run.tenant_id, run=run.id)
