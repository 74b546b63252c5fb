"""A template's versions: drafts, publishing, retiring."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.conditional import Conditional
from countersign.api.pages import paged
from countersign.errors import NotFound
from tenants.models import MembershipRole
from workflows.api.parsers import PARSERS
from workflows.api.template_serializers import (
    FindingsSerializer,
    NewVersion,
    Publication,
    PublishedVersion,
    SpecToCheck,
    VersionChange,
    VersionSerializer,
    VersionSummary,
)
from workflows.api.templates import READ, WRITE, TemplateAccess
from workflows.models import Version
from workflows.services.publishing import check_document, find_faults, publish_version
from workflows.services.templates import change_draft, create_draft, retire_version

LARGEST_NUMBER = 2**31 - 1


class VersionAccess(TemplateAccess):
    def version(self, id: str, number: str, action: str = "view") -> Version:
        template = self.template(id, action)
        known = number.isascii() and number.isdigit() and len(number) <= 10 and int(number) <= LARGEST_NUMBER
        version = template.versions.filter(number=int(number)).first() if known else None
        if version is None:
            raise NotFound
        version.template = template
        return version


class Versions(TemplateAccess):
    required_role = {"GET": MembershipRole.VIEWER, "POST": MembershipRole.EDITOR}
    scopes = {"GET": READ, "POST": WRITE}
    parser_classes = PARSERS

    @extend_schema(responses=paged(VersionSummary))
    def get(self, request: Request, slug: str, id: str) -> Response:
        """Newest first, without their specs."""
        return self.page(self.template(id).versions.defer("spec", "pins"), VersionSummary)

    @extend_schema(request={"application/json": NewVersion, "application/yaml": OpenApiTypes.OBJECT},
                   responses={201: VersionSerializer})
    def post(self, request: Request, slug: str, id: str) -> Response:
        """A new draft. It may have faults: `validate` lists them, `publish` refuses them."""
        template = self.template(id, "edit")
        version = create_draft(template=template, by=request.user, actor=self.actor, **self.parse(NewVersion))
        return Response(VersionSerializer(version).data, status=201, headers={
            "Location": f"/api/v1/tenants/{slug}/workflows/{template.id}/versions/{version.number}/"})


class VersionView(Conditional, VersionAccess):
    required_role = {"GET": MembershipRole.VIEWER, "PATCH": MembershipRole.EDITOR}
    scopes = {"GET": READ, "PATCH": WRITE}
    parser_classes = PARSERS

    def edited(self) -> QuerySet[Version]:
        return Version.objects.filter(pk=self.version(self.kwargs["id"], self.kwargs["number"]).pk)

    @extend_schema(responses=VersionSerializer)
    def get(self, request: Request, slug: str, id: str, number: str) -> Response:
        return Response(VersionSerializer(self.version(id, number)).data)

    @extend_schema(request={"application/json": VersionChange, "application/yaml": OpenApiTypes.OBJECT},
                   responses=VersionSerializer)
    def patch(self, request: Request, slug: str, id: str, number: str) -> Response:
        """Change a draft. What was published never changes: 409."""
        version = change_draft(version=self.version(id, number, "edit"), actor=self.actor, **self.parse(VersionChange))
        return Response(VersionSerializer(version).data)


class SpecValidation(TemplateAccess):
    required_role = {"POST": MembershipRole.VIEWER}
    scopes = {"POST": READ}
    parser_classes = PARSERS
    transactional = False

    @extend_schema(request={"application/json": SpecToCheck, "application/yaml": OpenApiTypes.OBJECT},
                   responses=FindingsSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """All faults and warnings that publishing this spec would find. Keeps nothing."""
        asked = self.parse(SpecToCheck)
        with self.context():
            scope = self.template(asked["workflow"]).scope if asked["workflow"] else None
        findings = check_document(asked["spec"], scope=scope, tenant_id=self.tenant.id, by=request.user)
        return Response(FindingsSerializer(findings).data)


class VersionValidation(VersionAccess):
    required_role = {"POST": MembershipRole.VIEWER}
    scopes = {"POST": READ}
    transactional = False

    @extend_schema(request=None, responses=FindingsSerializer)
    def post(self, request: Request, slug: str, id: str, number: str) -> Response:
        """All faults and warnings that publishing would find. Changes nothing."""
        with self.context():
            version = self.version(id, number)
        return Response(FindingsSerializer(find_faults(version=version, by=request.user)).data)


class VersionPublication(VersionAccess):
    required_role = {"POST": MembershipRole.ADMIN}
    scopes = {"POST": WRITE}
    transactional = False

    @extend_schema(request=Publication, responses=PublishedVersion)
    def post(self, request: Request, slug: str, id: str, number: str) -> Response:
        """Check it, pin its policies and tools, and publish it. 422 with every fault, by its path in the document;
        409 `version_changed` if its spec is no longer the one named."""
        with self.context():
            version = self.version(id, number)
        version, findings = publish_version(version=version, by=request.user, actor=self.actor,
                                            **self.parse(Publication))
        version.warnings = findings.warnings
        return Response(PublishedVersion(version).data)


class VersionRetirement(VersionAccess):
    required_role = {"POST": MembershipRole.ADMIN}
    scopes = {"POST": WRITE}

    @extend_schema(request=None, responses=VersionSerializer)
    def post(self, request: Request, slug: str, id: str, number: str) -> Response:
        """No new run will start it; runs that did go on."""
        return Response(VersionSerializer(retire_version(version=self.version(id, number), actor=self.actor)).data)
