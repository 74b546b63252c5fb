"""What waits for people, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.serializers import (
    DecidedSerializer,
    DecisionSerializer,
    ListedRequest,
    NewDecision,
    RequestDetail,
    RequestSerializer,
    Waiting,
)
from approvals.models import ApprovalRequest, RequestStatus
from approvals.policies import ResolvedPolicy
from approvals.queries import asked_requests, inbox, visible_request, visible_request_to_lock, visible_requests
from approvals.queries.progress import progress_of
from approvals.queries.review import Review, role_names
from approvals.services import record_decision
from countersign.api.kept import all_shown, kept, shown
from countersign.api.pages import one_page, paged
from countersign.api.query import asked_id, asked_some_of, asked_whether
from countersign.errors import NotFound
from countersign.ids import parse_id
from tenants.api.base import TenantView
from tenants.models import MembershipRole, User

VIEWER = MembershipRole.VIEWER
COUNTED = 100


class Requests(TenantView):
    required_role = {"GET": VIEWER}
    scopes = {"GET": "approvals:read"}

    @extend_schema(operation_id="approvals_list", responses=paged(ListedRequest), parameters=[
        OpenApiParameter("mine", bool, description="Only those you are or were asked to decide; with `status=open`, "
                                                   "only those that wait for you now."),
        OpenApiParameter("status", str, description=f"One or several, with commas: {', '.join(RequestStatus.values)}."),
        OpenApiParameter("subject", OpenApiTypes.UUID, description="For example a run's id.")])
    def get(self, request: Request, slug: str) -> Response:
        """Requests that you may see, newest first."""
        found = self._asked_for().select_related("scope", "started_by")
        return self.page(found.defer("plan", "shown"), ListedRequest)

    def rendered(self, rows: list[ApprovalRequest], serializer: type[ListedRequest]) -> list:
        return serializer(rows, many=True, context={"progress": progress_of(rows)}).data

    def _asked_for(self) -> QuerySet[ApprovalRequest]:
        statuses = asked_some_of(self.request, "status", RequestStatus.values)
        mine = asked_whether(self.request, "mine")
        user = self.request.user
        if mine:
            found = inbox(user) if statuses == [RequestStatus.OPEN] else asked_requests(user)
        else:
            found = visible_requests(user)
        if statuses:
            found = found.filter(status__in=statuses)
        if subject := asked_id(self.request, "subject"):
            found = found.filter(subject_id=subject)
        return found


class InboxCount(TenantView):
    required_role = {"GET": VIEWER}
    scopes = {"GET": "approvals:read"}

    @extend_schema(responses=Waiting)
    def get(self, request: Request, slug: str) -> Response:
        """How many requests wait for you now: cheap enough to ask every few seconds."""
        count = inbox(request.user).filter(status=RequestStatus.OPEN)[:COUNTED].count()
        return Response({"count": count, "most": COUNTED})


class _OneRequest(TenantView):
    required_role = {"GET": VIEWER, "POST": VIEWER}
    scopes = {"GET": "approvals:read", "POST": "approvals:decide"}

    def found(self, look: Callable[[User, UUID], ApprovalRequest | None] = visible_request) -> ApprovalRequest:
        """Raises NotFound."""
        id = parse_id(self.kwargs["id"])
        found = look(self.request.user, id) if id else None
        if found is None:
            raise NotFound
        return found


class RequestView(_OneRequest):
    @extend_schema(operation_id="approvals_retrieve", responses=RequestDetail)
    def get(self, request: Request, slug: str, id: str) -> Response:
        """All that a decision needs: what is shown, the exact calls, the policy, who may decide and who has."""
        return Response(_detail(Review(self.found(), request.user)))


class Decisions(_OneRequest):
    pipelined = True

    @extend_schema(operation_id="approvals_decisions_list", responses=paged(DecisionSerializer, whole=True))
    def get(self, request: Request, slug: str, id: str) -> Response:
        """What people said, in order."""
        review = Review(self.found(), request.user)
        return Response(one_page(all_shown(DecisionSerializer, review.decisions)))

    @extend_schema(request=NewDecision, responses={200: DecidedSerializer, 201: DecidedSerializer})
    def post(self, request: Request, slug: str, id: str) -> Response:
        """Decide, on exactly the revision and plan you looked at.

        200 instead of 201 when you had said the same before. 403 `not_eligible` says why you may not decide; 409
        `revision_changed` names the current revision, 409 `request_closed` and `already_decided` say what stands.
        """
        found = self.found(visible_request_to_lock)
        decision = record_decision(request=found, by=request.user, **self.parse(NewDecision), actor=self.actor,
                                   channel="api" if self.principal.token else "web")
        decision.role_names = role_names(decision, ResolvedPolicy.model_validate(decision.request.policy))
        return Response(shown(DecidedSerializer, decision), status=200 if decision.repeated else 201)


def _detail(review: Review) -> dict:
    request = review.request
    plain = shown(RequestSerializer, request)
    more = {"version": request.plan["version"], "authors": review.authors, "shown": request.shown,
            "calls": review.calls, "policy": review.policy_state(), "may_decide": review.may_decide(),
            "decisions": review.decisions, "grants": review.grants, "mine": review.mine()}
    fields = kept(RequestDetail).fields
    return {**plain, **{name: fields[name].to_representation(value) for name, value in more.items()}}
