"""Credentials: written, rotated, removed; never read back."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.conditional import Conditional
from countersign.api.pages import paged
from countersign.ids import parse_id
from tenants.api.base import TenantView
from tenants.models import MembershipRole
from toolserver.host.api.serializers import CredentialSerializer, NewCredential, Rotation
from toolserver.host.client import HostClient
from toolserver.host.models import Credential
from toolserver.host.secrets import checked_secret
from toolserver.host.services.credentials import create_credential, remove_credential, rotate_credential


class _CredentialView(TenantView):
    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": "credentials:read", "POST": "credentials:write", "PUT": "credentials:write",
              "DELETE": "credentials:write"}

    @property
    def transactional(self) -> bool:
        """Sealing may ask the host for the key."""
        return self.request.method not in ("POST", "PUT")

    def credentials(self) -> QuerySet[Credential]:
        """Without the box, which web may not read."""
        return Credential.objects.defer("sealed")

    def public_key(self) -> bytes:
        return HostClient(self.tenant.id, self.request.user.id).public_key()


class Credentials(_CredentialView):
    @extend_schema(responses=paged(CredentialSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The team's credentials, without their secrets."""
        return self.page(self.credentials().select_related("created_by"), CredentialSerializer)

    @extend_schema(request=NewCredential, responses={201: CredentialSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Keep a secret. It is sealed to the team's own key at once; only the team's tool process can open it."""
        asked = self.parse(NewCredential)
        asked["secret"] = checked_secret(asked["kind"], asked["secret"])
        key = self.public_key()
        with self.context():
            credential = create_credential(**asked, public_key=key, by=request.user, actor=self.actor)
        return Response(CredentialSerializer(credential).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/credentials/{credential.id}/"})


class CredentialView(Conditional, _CredentialView):
    def edited(self) -> QuerySet[Credential]:
        return self.credentials().filter(pk=parse_id(self.kwargs["id"]))

    def essence(self, data: dict) -> dict:
        """To be used is not to be changed."""
        return {name: value for name, value in data.items() if name != "last_used_at"}

    @extend_schema(operation_id="credentials_retrieve", responses=CredentialSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        credential = self.get_or_404(self.credentials().select_related("created_by"), id)
        return Response(CredentialSerializer(credential).data)

    @extend_schema(request=Rotation, responses=CredentialSerializer)
    def put(self, request: Request, slug: str, id: str) -> Response:
        """Replace the secret: a new version, used from the next call on."""
        with self.context():
            kind = self.get_or_404(self.credentials(), id).kind
        secret = checked_secret(kind, self.parse(Rotation)["secret"])
        key = self.public_key()
        with self.context():
            self.refuse_if_changed()
            credential = self.get_or_404(self.credentials().select_for_update(), id)
            rotate_credential(credential=credential, secret=secret, public_key=key, actor=self.actor)
            return Response(CredentialSerializer(credential).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str) -> Response:
        remove_credential(credential=self.get_or_404(self.credentials(), id), actor=self.actor)
        return Response(status=204)
