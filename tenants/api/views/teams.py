"""One team, and who belongs to it."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.conditional import Conditional
from countersign.api.pages import paged
from tenants.api.base import TenantView
from tenants.api.serializers import (
    InvitationSerializer,
    MemberChange,
    MemberSerializer,
    NewInvitation,
    TenantChange,
    TenantSerializer,
)
from tenants.models import Invitation, Membership, MembershipRole, Tenant
from tenants.services.invitations import invite, revoke_invitation
from tenants.services.members import change_role, remove_member, touched_by_change
from tenants.services.teams import rename_team

VIEWER = MembershipRole.VIEWER


class Team(Conditional, TenantView):
    required_role = {"GET": VIEWER}
    scopes = {"GET": "tenant:read", "PATCH": "tenant:write"}

    @extend_schema(responses=TenantSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return self._described()

    @extend_schema(request=TenantChange, responses=TenantSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        rename_team(tenant=self.tenant, name=self.parse(TenantChange)["name"], actor=self.actor)
        return self._described()

    def edited(self) -> QuerySet[Tenant]:
        return Tenant.objects.filter(pk=self.tenant.pk)

    def state(self) -> dict:
        self.tenant.refresh_from_db()  # it was read before it was locked
        return super().state()

    def _described(self) -> Response:
        self.tenant.role = self.membership.role
        return Response(TenantSerializer(self.tenant).data)


class Members(TenantView):
    required_role = {"GET": VIEWER}
    scopes = {"GET": "members:read"}

    @extend_schema(responses=paged(MemberSerializer))
    def get(self, request: Request, slug: str) -> Response:
        return self.page(Membership.objects.filter(tenant=self.tenant).select_related("user"), MemberSerializer)


class Member(Conditional, TenantView):
    required_role = {"GET": VIEWER, "DELETE": VIEWER}
    scopes = {"GET": "members:read", "PATCH": "members:write", "DELETE": "members:write"}

    @extend_schema(responses=MemberSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        return Response(MemberSerializer(self._member()).data)

    @extend_schema(request=MemberChange, responses=MemberSerializer)
    def patch(self, request: Request, slug: str, id: str) -> Response:
        """Change a member's role. Owners are changed by owners alone, and one always remains."""
        member = self._member()
        role = MembershipRole(self.parse(MemberChange)["role"])
        changed = change_role(membership=member, role=role, by=self.membership, actor=self.actor)
        return Response(MemberSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str) -> Response:
        """Remove a member, with their approver roles and tokens in this team; or leave it, if the member is you."""
        remove_member(membership=self._member(), by=self.membership, actor=self.actor)
        return Response(status=204)

    def edited(self) -> QuerySet[Membership]:
        return touched_by_change(self.membership, self._member())

    def _member(self) -> Membership:
        members = Membership.objects.filter(tenant=self.tenant).select_related("user")
        return self.get_or_404(members, self.kwargs["id"])


class Invitations(TenantView):
    scopes = {"GET": "members:read", "POST": "members:write"}

    @extend_schema(responses=paged(InvitationSerializer))
    def get(self, request: Request, slug: str) -> Response:
        return self.page(Invitation.objects.select_related("invited_by"), InvitationSerializer)

    @extend_schema(request=NewInvitation, responses={201: InvitationSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Ask somebody to join, by e-mail. The address in the e-mail is valid for seven days, once."""
        asked = self.parse(NewInvitation)
        role = MembershipRole(asked["role"])
        invitation = invite(email=asked["email"], role=role, by=self.membership, actor=self.actor)
        return Response(InvitationSerializer(invitation).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/invitations/{invitation.id}/"})


class InvitationView(TenantView):
    scopes = {"GET": "members:read", "DELETE": "members:write"}

    @extend_schema(responses=InvitationSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        return Response(InvitationSerializer(self._invitation()).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str) -> Response:
        """Revoke it: its token opens nothing any more."""
        revoke_invitation(invitation=self._invitation(), by=self.membership, actor=self.actor)
        return Response(status=204)

    def _invitation(self) -> Invitation:
        return self.get_or_404(Invitation.objects.select_related("invited_by"), self.kwargs["id"])
