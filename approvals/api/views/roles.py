"""Approver roles and who holds them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.serializers import ApproverSerializer, NewRole, NewRoleMember, RoleChange, RoleSerializer
from approvals.models import ApproverRole
from approvals.queries import role_members
from approvals.services import add_role_member, change_role, create_role, remove_role, remove_role_member
from countersign.api.conditional import Conditional
from countersign.api.pages import paged
from countersign.errors import Invalid, NotFound, field_fault
from countersign.ids import parse_id
from tenants.api.base import TenantView
from tenants.models import MembershipRole, User

READ = {"GET": MembershipRole.VIEWER}
SCOPES = {"GET": "roles:read", **dict.fromkeys(("POST", "PATCH", "DELETE"), "roles:write")}


class _RoleView(TenantView):
    """Every member sees the roles; admins change them."""

    required_role = READ
    scopes = SCOPES

    def roles(self) -> QuerySet[ApproverRole]:
        return ApproverRole.objects.annotate(members=Count("group__groupmember"))

    def role(self) -> ApproverRole:
        return self.get_or_404(self.roles(), self.kwargs["id"])


class Roles(_RoleView):
    @extend_schema(operation_id="roles_list", responses=paged(RoleSerializer))
    def get(self, request: Request, slug: str) -> Response:
        return self.page(self.roles(), RoleSerializer, ordering="name")

    @extend_schema(request=NewRole, responses={201: RoleSerializer})
    def post(self, request: Request, slug: str) -> Response:
        role = create_role(**self.parse(NewRole), actor=self.actor)
        role.members = 0
        return Response(RoleSerializer(role).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/roles/{role.id}/"})


class Role(Conditional, _RoleView):
    def edited(self) -> QuerySet[ApproverRole]:
        return ApproverRole.objects.filter(pk=parse_id(self.kwargs["id"]))

    @extend_schema(operation_id="roles_retrieve", responses=RoleSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        return Response(RoleSerializer(self.role()).data)

    @extend_schema(request=RoleChange, responses=RoleSerializer)
    def patch(self, request: Request, slug: str, id: str) -> Response:
        """Rename or describe it. What was published goes on naming this role."""
        role = change_role(role=self.role(), actor=self.actor, **self.parse(RoleChange))
        return Response(RoleSerializer(role).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str) -> Response:
        """Remove it. 409 `role_in_use` while an open request or a published policy names it."""
        remove_role(role=self.role(), actor=self.actor)
        return Response(status=204)


class RoleMembers(_RoleView):
    @extend_schema(operation_id="roles_members_list", responses=paged(ApproverSerializer))
    def get(self, request: Request, slug: str, id: str) -> Response:
        return self.page(role_members(self.role()), ApproverSerializer, ordering="email")

    @extend_schema(request=NewRoleMember, responses={200: ApproverSerializer, 201: ApproverSerializer})
    def post(self, request: Request, slug: str, id: str) -> Response:
        """Let a member of the team hold the role. Open requests that name it ask them at once."""
        role, user = self.role(), _person(self.parse(NewRoleMember)["user"])
        new = add_role_member(role=role, user=user, actor=self.actor)
        return Response(ApproverSerializer(user).data, status=201 if new else 200)


class RoleMember(_RoleView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str, user: str) -> Response:
        """Take the role from somebody. Open requests ask them no more, and what they approved counts no more."""
        role = self.role()
        person = self.get_or_404(User.objects.all(), parse_id(user))
        if not remove_role_member(role=role, user=person, actor=self.actor):
            raise NotFound
        return Response(status=204)


def _person(id: UUID) -> User:
    """Somebody of another team and nobody at all get the same answer, which `add_role_member` gives too."""
    user = User.objects.filter(id=id).first()
    if user is None:
        raise Invalid(fields=[field_fault("user", "not_a_member", "This person does not belong to the team.")])
    return user
