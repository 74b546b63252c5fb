"""Model aliases: the names by which workflows ask for models."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.conditional import Conditional
from countersign.api.pages import one_page, paged
from countersign.errors import Forbidden, NotFound
from tenants.api.base import TenantView
from tenants.models import MembershipRole
from toolserver.host.api.serializers import (
    AliasProviders,
    AliasSerializer,
    ListedModel,
    NewAlias,
    Trial,
)
from toolserver.host.client import HostClient
from toolserver.host.models import ModelAlias
from toolserver.host.services.aliases import change_alias, create_alias, remove_alias


class _ModelView(TenantView):
    required_role = {"GET": MembershipRole.VIEWER}
    scopes = {"GET": "models:read", "POST": "models:write", "PUT": "models:write", "DELETE": "models:write"}

    @property
    def host(self) -> HostClient:
        return HostClient(self.tenant.id, self.request.user.id)

    def listed(self) -> list[dict]:
        """What the team's own tool process serves, with the providers of the team's aliases. Calls the host."""
        served = self.host.models()
        with self.context():
            own = {alias.alias: alias.providers for alias in ModelAlias.objects.all()}
        return [{"alias": model["id"], "label": model.get("label") or model["id"], "offline": model["offline"],
                 "built_in": model["id"] not in own, "providers": own.get(model["id"], [])} for model in served]

    def own(self, alias: str) -> ModelAlias:
        found = ModelAlias.objects.select_for_update().filter(alias=alias).first()
        if found is None:
            raise NotFound
        return found


class Models(_ModelView):
    @property
    def transactional(self) -> bool:
        return self.request.method == "POST"

    @extend_schema(operation_id="models_list", responses=paged(ListedModel, whole=True))
    def get(self, request: Request, slug: str) -> Response:
        """Every alias a workflow may name: the offline ones that each team has, and the team's own."""
        return Response(one_page(ListedModel(self.listed(), many=True).data))

    @extend_schema(request=NewAlias, responses={201: AliasSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Name providers, in the order in which they are tried."""
        alias = create_alias(**self.parse(NewAlias), actor=self.actor)
        return Response(AliasSerializer(alias).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/models/{alias.alias}/"})


class ModelView(Conditional, _ModelView):
    """Its ETag stands for the providers: what the tool process says of them is its own."""

    def edited(self) -> QuerySet[ModelAlias]:
        return ModelAlias.objects.filter(alias=self.kwargs["alias"])

    def essence(self, data: dict) -> dict:
        return {"alias": data["alias"], "providers": data["providers"]}

    def state(self) -> dict:
        return self.essence(AliasSerializer(self.own(self.kwargs["alias"])).data)

    @property
    def transactional(self) -> bool:
        return self.request.method in ("PUT", "DELETE")

    @extend_schema(operation_id="models_retrieve", responses=ListedModel)
    def get(self, request: Request, slug: str, alias: str) -> Response:
        found = next((model for model in self.listed() if model["alias"] == alias), None)
        if found is None:
            raise NotFound
        return Response(ListedModel(found).data)

    @extend_schema(request=AliasProviders, responses=AliasSerializer)
    def put(self, request: Request, slug: str, alias: str) -> Response:
        """Replace its providers, from the next call on."""
        asked = self.parse(AliasProviders)
        return Response(AliasSerializer(change_alias(alias=self.own(alias), **asked, actor=self.actor)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, alias: str) -> Response:
        remove_alias(alias=self.own(alias), actor=self.actor)
        return Response(status=204)


class ModelTest(_ModelView):
    transactional = False

    @extend_schema(request=None, responses=Trial)
    def post(self, request: Request, slug: str, alias: str) -> Response:
        """Ask the model for a few words, through the team's own tool process. It may cost what a tiny call costs."""
        if self.principal.is_service:
            raise Forbidden("A person tries models out.", code="people_only")
        if all(model["alias"] != alias for model in self.listed()):
            raise NotFound
        return Response(Trial(self.host.test({"model": alias})).data)
