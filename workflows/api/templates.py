"""Templates, who may use them, the gallery, and the schema of the spec document."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import ApproverRole, Scope
from approvals.permissions import require
from approvals.queries import permissions_of
from approvals.services import set_permission
from countersign.api.conditional import Conditional
from countersign.api.pages import one_page, paged
from countersign.api.query import asked_whether
from countersign.errors import Invalid, field_fault
from countersign.ids import parse_id
from tenants.api.base import PersonView, TenantView
from tenants.models import Membership, MembershipRole, User
from workflows.api.parsers import PARSERS
from workflows.api.template_serializers import (
    GalleryEntrySerializer,
    NewTemplate,
    PermissionChange,
    PermissionSerializer,
    TemplateChange,
    TemplateSerializer,
    WorkflowRights,
)
from workflows.gallery import gallery
from workflows.models import Template
from workflows.queries.templates import rights_on
from workflows.services.templates import change_template, create_template
from workflows.spec.document import spec_schema

READ, WRITE, READ_ROLES = "workflows:read", "workflows:write", "roles:read"


class TemplateAccess(TenantView):
    """What a person may not see on a template's scope is not there for them."""

    def templates(self) -> QuerySet[Template]:
        return Template.objects.visible_to(self.request.user)

    def template(self, id: str, action: str = "view") -> Template:
        """Raises NotFound, and Forbidden without the right to `action`."""
        template = self.get_or_404(self.templates().select_related("scope"), id)
        if action != "view":
            require(self.request.user, action, template.scope)
        return template

    def shown(self, templates: QuerySet[Template]) -> QuerySet[Template]:
        """With all that `TemplateSerializer` tells of them."""
        return templates.with_numbers().with_rights(self.request.user)

    def described(self, template: Template) -> dict:
        """One that was changed, as it stands now."""
        return TemplateSerializer(self.shown(Template.objects).get(pk=template.pk), context={"view": self}).data


class Templates(TemplateAccess):
    required_role = {"GET": MembershipRole.VIEWER, "POST": MembershipRole.EDITOR}
    scopes = {"GET": READ, "POST": WRITE}
    parser_classes = PARSERS

    @extend_schema(operation_id="workflows_list", responses=paged(TemplateSerializer), parameters=[
        OpenApiParameter("archived", bool, description="Archived ones instead of the others.")])
    def get(self, request: Request, slug: str) -> Response:
        """Those that you may see, newest first."""
        archived = asked_whether(request, "archived")
        return self.page(self.shown(self.templates().filter(archived_at__isnull=not archived)), TemplateSerializer)

    @extend_schema(request={"application/json": NewTemplate, "application/yaml": OpenApiTypes.OBJECT},
                   responses={201: TemplateSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a workflow, with a first draft, from a spec or from the gallery."""
        template = create_template(**self.parse(NewTemplate), by=request.user, actor=self.actor)
        return Response(self.described(template), status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/workflows/{template.id}/"})


class TemplateView(Conditional, TemplateAccess):
    required_role = {"GET": MembershipRole.VIEWER, "PATCH": MembershipRole.EDITOR}
    scopes = {"GET": READ, "PATCH": WRITE}

    def edited(self) -> QuerySet[Template]:
        return Template.objects.filter(pk=parse_id(self.kwargs["id"]))

    def essence(self, data: dict) -> dict:
        """No edit of a workflow is about what its reader may do."""
        return {key: value for key, value in data.items() if key != "may"}

    @extend_schema(responses=TemplateSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        template = self.get_or_404(self.shown(self.templates()), id)
        return Response(TemplateSerializer(template, context={"view": self}).data)

    @extend_schema(request=TemplateChange, responses=TemplateSerializer)
    def patch(self, request: Request, slug: str, id: str) -> Response:
        """Rename it, archive it or bring it back. Takes the right to edit it."""
        template = self.template(id, "edit")
        change_template(template=template, actor=self.actor, **self.parse(TemplateChange))
        return Response(self.described(template))


class TemplatePermissions(Conditional, TemplateAccess):
    required_role = {"GET": MembershipRole.VIEWER, "PUT": MembershipRole.ADMIN}
    scopes = {"GET": READ, "PUT": WRITE}

    def edited(self) -> QuerySet[Scope]:
        return Scope.objects.filter(pk=self.template(self.kwargs["id"]).scope_id)

    @extend_schema(responses=paged(PermissionSerializer, whole=True))
    def get(self, request: Request, slug: str, id: str) -> Response:
        """Which approver roles and people may see, run, edit or decide. Owners and admins need no entry for the
        first three; deciding always takes a role. A token needs `roles:read` besides: people are named."""
        self.principal.needs(READ_ROLES)
        return self._listed(self.template(id))

    @extend_schema(request=PermissionChange, responses=paged(PermissionSerializer, whole=True))
    def put(self, request: Request, slug: str, id: str) -> Response:
        """Say what one role or person may do. The others' rights stay as they are."""
        template = self.template(id)
        asked = self.parse(PermissionChange)
        set_permission(template.scope, self._holder(asked), asked["actions"], self.actor)
        return self._listed(template)

    def _listed(self, template: Template) -> Response:
        return Response(one_page(PermissionSerializer(permissions_of(template.scope), many=True).data))

    @staticmethod
    def _holder(asked: dict) -> ApproverRole | User:
        """Raises Invalid. Somebody of another team and nobody at all get the same answer."""
        if "role" in asked:
            role = ApproverRole.objects.filter(pk=asked["role"]).first()
            if role is None:
                raise Invalid(fields=[field_fault("role", "unknown", "This team has no such role.")])
            return role
        member = Membership.objects.filter(user_id=asked["user"]).select_related("user").first()
        if member is None:
            raise Invalid(fields=[field_fault("user", "not_a_member", "This person does not belong to the team.")])
        return member.user


class Rights(TemplateAccess):
    """The same for all workflows at once, with the people it comes to."""

    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": READ}

    @extend_schema(operation_id="permissions_list", responses=paged(WorkflowRights))
    def get(self, request: Request, slug: str) -> Response:
        """Who may do what with each workflow that you may see, who could decide, and what nobody could. By name. A
        token needs `roles:read` besides: people are named."""
        self.principal.needs(READ_ROLES)
        return self.page(self.templates().filter(archived_at=None), WorkflowRights, ordering="name")

    def rendered(self, rows: list[Template], serializer: type[WorkflowRights]) -> list:
        return serializer(rights_on(rows), many=True).data


class Gallery(PersonView):
    for_tokens = True

    @extend_schema(responses=paged(GalleryEntrySerializer, whole=True))
    def get(self, request: Request) -> Response:
        """Workflows to start from."""
        return Response(one_page(GalleryEntrySerializer(gallery().values(), many=True).data))


class SpecSchema(PersonView):
    for_tokens = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The JSON Schema (2020-12) of the spec document."""
        return Response(spec_schema())
