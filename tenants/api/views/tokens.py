"""Tokens of people and service accounts."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from countersign.api.pages import paged
from countersign.errors import Forbidden, Invalid, field_fault
from tenants.api.base import TenantView
from tenants.api.serializers import IssuedToken, NewToken, TokenSerializer
from tenants.models import ApiToken, Membership, MembershipRole, User
from tenants.services.tokens import create_service_account, issue_token, revoke_token


class _TokenView(TenantView):
    """For people who signed in: no scope lets a token make or revoke tokens."""

    @property
    def is_admin(self) -> bool:
        return MembershipRole(self.membership.role).covers(MembershipRole.ADMIN)

    def tokens(self) -> QuerySet[ApiToken]:
        """Everybody's for admins, else one's own."""
        tokens = ApiToken.objects.select_related("user")
        return tokens if self.is_admin else tokens.filter(user=self.request.user)


class Tokens(_TokenView):
    required_role = {"GET": MembershipRole.VIEWER, "POST": MembershipRole.VIEWER}
    secret_fields = ("secret",)

    @extend_schema(responses=paged(TokenSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """Your tokens; everybody's, if you are an admin."""
        return self.page(self.tokens(), TokenSerializer)

    @extend_schema(request=NewToken, responses={201: IssuedToken})
    def post(self, request: Request, slug: str) -> Response:
        """Issue a token, to yourself or (as an admin) to a service account. Its secret is in this answer alone."""
        asked = self.parse(NewToken)
        account = asked.pop("service_account")
        user = self._account(account) if account else request.user
        token, secret = issue_token(user=user, by=request.user, actor=self.actor, **asked)
        token.secret = secret
        return Response(IssuedToken(token).data, status=201,
                        headers={"Location": f"/api/v1/tenants/{slug}/tokens/{token.id}/"})

    def _account(self, account: dict) -> User:
        if not self.is_admin:
            raise Forbidden
        if "name" in account:
            return create_service_account(name=account["name"], role=MembershipRole(account["role"]), actor=self.actor)
        member = Membership.objects.filter(tenant=self.tenant, user_id=account["user"], user__is_service=True)
        if not (found := member.select_related("user").first()):
            raise Invalid(fields=[field_fault("service_account.user", "unknown", "No service account of this team.")])
        return found.user


class TokenView(_TokenView):
    required_role = {"GET": MembershipRole.VIEWER, "DELETE": MembershipRole.VIEWER}

    @extend_schema(responses=TokenSerializer)
    def get(self, request: Request, slug: str, id: str) -> Response:
        return Response(TokenSerializer(self.get_or_404(self.tokens(), id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, id: str) -> Response:
        """Revoke it. It stays in the list, and opens nothing any more."""
        revoke_token(token=self.get_or_404(self.tokens(), id), actor=self.actor)
        return Response(status=204)
