"""A person's own: who they are, their teams, joining another."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from countersign.addresses import client_network
from countersign.api.conditional import Conditional
from countersign.api.pages import paged
from countersign.errors import NotFound
from tenants.api.base import PersonView
from tenants.api.serializers import (
    Acceptance,
    InvitationPreview,
    NewTenant,
    OwnTenant,
    PersonChange,
    PersonSerializer,
    TenantSerializer,
)
from tenants.attempts import ACCOUNT_FROM_ADDRESS, Attempt
from tenants.models import Membership, User
from tenants.services.invitations import accept_invitation, invitation_to_show
from tenants.services.teams import create_team


def own_memberships(view: PersonView):
    memberships = Membership.objects.filter(user=view.request.user).select_related("tenant")
    token = view.principal.token
    return memberships.filter(tenant_id=token.tenant_id) if token else memberships


class Me(Conditional, PersonView):
    for_tokens = True

    @extend_schema(responses=PersonSerializer)
    def get(self, request: Request) -> Response:
        """Who is asking, and which teams they belong to."""
        return Response(self._described())

    @extend_schema(request=PersonChange, responses=PersonSerializer)
    def patch(self, request: Request) -> Response:
        request.user.name = self.parse(PersonChange)["name"]
        request.user.save(update_fields=["name"])
        return Response(self._described())

    def edited(self) -> QuerySet[User]:
        return User.objects.filter(pk=self.request.user.pk)

    def state(self) -> dict:
        self.request.user.refresh_from_db(fields=["name"])  # it was read before it was locked
        return super().state()

    def _described(self) -> dict:
        user = self.request.user
        user.tenants = own_memberships(self).order_by("tenant__name", "id")
        user.token = self.principal.token
        return PersonSerializer(user).data


class Teams(PersonView):
    for_tokens = True

    @extend_schema(responses=paged(TenantSerializer))
    def get(self, request: Request) -> Response:
        """The teams you belong to, newest membership first."""
        return self.page(own_memberships(self), TeamOfMembership)

    @extend_schema(request=NewTenant, responses={201: TenantSerializer})
    def post(self, request: Request) -> Response:
        """Make a team. You are its first owner."""
        asked = self.parse(NewTenant)
        tenant = create_team(owner=request.user, name=asked["name"], slug=asked.get("slug", ""))
        tenant.role = "owner"
        return Response(TenantSerializer(tenant).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{tenant.slug}/"})


class TeamOfMembership(OwnTenant):
    def to_representation(self, membership: Membership) -> dict:
        membership.tenant.role = membership.role
        return TenantSerializer(membership.tenant).data


class PreviewInvitation(APIView):
    """Open to everybody: the token, which stands in one e-mail alone, is the proof. It goes in the body, so that no log
    and no referrer repeats it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["post"]

    @extend_schema(request=Acceptance, responses=InvitationPreview)
    def post(self, request: Request) -> Response:
        """Read what an invitation asks, before signing in. Nothing is accepted by that."""
        asked = Acceptance(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(InvitationPreview(invitation_to_show(asked.validated_data["token"])).data)


class AcceptInvitation(PersonView):
    @extend_schema(request=Acceptance, responses={201: OwnTenant})
    def post(self, request: Request) -> Response:
        """Join the team that an invitation's token names. The invitation is to your own, verified address."""
        secret = self.parse(Acceptance)["token"]
        attempt = Attempt("invitation", account=str(request.user.id), address=client_network(request),
                          patience=(ACCOUNT_FROM_ADDRESS,))
        with attempt.failing_by(NotFound):
            membership = accept_invitation(secret=secret, user=request.user)
        return Response(OwnTenant(membership).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{membership.tenant.slug}/"})
