"""The views that others are made of: who asks, for which tenant, in which role, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.urls import resolve
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from countersign.addresses import client_network
from countersign.api.kept import kept
from countersign.api.pages import CursorPages
from countersign.api.rate_limits import Usage, count_request
from countersign.api.strictness import refuse_other_types
from countersign.database.context import tenant_context, user_context
from countersign.database.statements import load, loading, pipelined, pipelined_to_commit
from countersign.errors import CountersignError, Forbidden, NotFound
from countersign.ids import parse_id
from countersign.logs import bind
from tenants import idempotency
from tenants.audit import Actor
from tenants.models import ApiToken, Membership, MembershipRole, PersonReplay, Replay, Tenant
from tenants.principals import Principal

M = TypeVar("M", bound=Model)


class ApiView(APIView):
    """Reads what was sent, answers in problem details, keeps answers under their `Idempotency-Key`.

    `secret_fields` of an answer are left out of what is kept. `transactional = False` is for a handler that calls
    out over HTTP: it runs outside any transaction and opens contexts of its own. `pipelined` is for a POST whose
    statements count: without an `Idempotency-Key` they go out without waiting, and the COMMIT with them.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    transactional: ClassVar[bool] = True
    pipelined: ClassVar[bool] = False
    secret_fields: ClassVar[tuple[str, ...]] = ()
    counts_requests: ClassVar[bool] = True  # of a token or person, which no middleware knows yet
    replays: ClassVar[type[Replay] | type[PersonReplay]]
    usage: Usage | None = None

    def context(self) -> AbstractContextManager[None]:
        """Whose rows this request may touch."""
        raise NotImplementedError

    @property
    def principal(self) -> Principal:
        return Principal(self.request.user, self.request.auth)

    @property
    def actor(self) -> Actor:
        return Actor.of(self.principal)

    def parse(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        """The request's body, validated. Raises a validation error that names every fault."""
        reader = kept(serializer)
        refuse_other_types(reader, self.request.data)
        return reader.run_validation(self.request.data)

    def page(self, queryset: QuerySet, serializer: type[serializers.BaseSerializer], ordering: str = "") -> Response:
        """One cursor page, newest first unless `ordering` says otherwise."""
        pages = CursorPages()
        pages.ordering = ordering or pages.ordering
        rows = pages.paginate_queryset(queryset, self.request, self)
        return pages.get_paginated_response(self.rendered(rows, serializer))

    def rendered(self, rows: list[Model], serializer: type[serializers.BaseSerializer]) -> list:
        """A page's rows. A view that needs more for all of them at once gets it here."""
        return serializer(rows, many=True, context={"view": self}).data

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """JSON, whatever `Accept` says: refusing to answer helps nobody, and streams and exports choose their own."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @staticmethod
    def get_or_404(queryset: QuerySet[M], id: object) -> M:
        """A malformed id is answered like a missing one, and that like another tenant's."""
        found = queryset.filter(pk=parsed).first() if (parsed := parse_id(id)) else None
        if found is None:
            raise NotFound
        return found

    def dispatch(self, request, *args, **kwargs):
        self.args, self.kwargs = args, kwargs
        self.request = request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(request, *args, **kwargs)
            if request.method.lower() not in self.http_method_names or not hasattr(self, request.method.lower()):
                self.http_method_not_allowed(request)
            bind(actor=str(request.user.id))
            response = self.answer(getattr(self, request.method.lower()))
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks, and count the request: for a token and its person, for the person, or for the address."""
        try:
            super().perform_authentication(request)
        except CountersignError:
            self._count("anonymous", f"address:{client_network(request)}")
            raise
        policy = "reads" if request.method in ("GET", "HEAD") else "writes"
        if request.auth:
            self._count(policy, f"token:{request.auth.id}", among=f"tokens:{request.user.id}")
        elif request.user.is_authenticated:
            self._count(policy, f"user:{request.user.id}")
        else:
            self._count("anonymous", f"address:{client_network(request)}")

    def _count(self, policy: str, client: str, among: str = "") -> None:
        """Raises TooManyRequests."""
        self.usage = count_request(policy, client, among=among)
        if self.usage:
            self.usage.refuse_if_spent()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.usage.headers.items() if self.usage else ():
            response[name] = value
        return response

    def admit(self) -> None:
        """Called in the context, before the handler. Raises NotFound or Forbidden."""

    def answer(self, handler: Callable[..., Response]) -> Response:
        """Inside the context: an error undoes everything that the request did."""
        key = self.request.headers.get("Idempotency-Key") if self.request.method == "POST" else None
        if not self.transactional:
            return self._answer_in_parts(handler, key)
        with self.context():
            self.admit()
            if key is None:
                with pipelined_to_commit() if self.pipelined and self.request.method == "POST" else nullcontext():
                    return self._call(handler)
            record, new = self._claim(key)
            if not new:
                return self._replayed(record)
            response = self._call(handler)
            idempotency.keep(record, response, without=self.secret_fields)
            return response

    def _answer_in_parts(self, handler: Callable[..., Response], key: str | None) -> Response:
        with self.context():
            self.admit()
            record, new = self._claim(key) if key is not None else (None, True)
            if not new:
                return self._replayed(record)
        try:
            response = self._call(handler)
        except BaseException:
            if record:
                with self.context():
                    idempotency.let_go(record)
            raise
        if record:
            with self.context():
                idempotency.keep(record, response, without=self.secret_fields)
        return response

    def _call(self, handler: Callable[..., Response]) -> Response:
        return handler(self.request, *self.args, **self.kwargs)

    def _replayed(self, record: Any) -> Response:
        again = idempotency.is_to_be_read_again(record)
        return idempotency.replayed(record, self._read_at(record.location) if again else record.body)

    def _read_at(self, location: str) -> Any:
        """What a GET there answers, as the same person, in the same context."""
        there = resolve(location)
        view = there.func.cls(**there.func.initkwargs)
        view.__dict__.update({**self.__dict__, "args": there.args, "kwargs": there.kwargs})
        return view.get(self.request, *there.args, **there.kwargs).data

    def _claim(self, key: str) -> tuple[Any, bool]:
        wanted = idempotency.request_hash(method="POST", path=self.request.path, body=self.request.data)
        return idempotency.claim(self.replays, user_id=self.request.user.id, key=key, wanted=wanted)


class TenantView(ApiView):
    """A view under `tenants/<slug>/`. No membership and no such tenant are the same 404.

    `required_role` says the least role per method (ADMIN where it says nothing), `scopes` what a token needs besides
    (a method that names no scope is closed to tokens). Handlers find `tenant`, `membership`, `principal`, `actor`.
    """

    replays = Replay
    required_role: ClassVar[dict[str, MembershipRole]] = {}
    scopes: ClassVar[dict[str, str]] = {}
    tenant: Tenant
    membership: Membership
    _memberships: Callable[[], list[Membership]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.tenant = tenant_asked_for(kwargs["slug"], request.auth)

    @contextmanager
    def context(self) -> Iterator[None]:
        """Together with its beginning the database is asked for the membership that `admit` reads."""
        with ExitStack() as context:
            with pipelined():
                context.enter_context(tenant_context(self.tenant.id, user_id=self.request.user.id))
                self._memberships = loading(Membership, "WHERE tenant_id = %s AND user_id = %s",
                                            [self.tenant.id, self.request.user.id])
            yield

    def admit(self) -> None:
        method = "GET" if self.request.method == "HEAD" else self.request.method
        self.membership = one_who_may(self.principal, self._memberships(), scope=self.scopes.get(method),
                                      role=self.required_role.get(method, MembershipRole.ADMIN))


class PersonView(ApiView):
    """A view of a person's own, outside any tenant. `for_tokens` opens its GET to tokens."""

    replays = PersonReplay
    for_tokens: ClassVar[bool] = False

    def context(self) -> AbstractContextManager[None]:
        return user_context(self.request.user.id)

    def admit(self) -> None:
        if self.principal.token and not (self.for_tokens and self.request.method in ("GET", "HEAD")):
            raise Forbidden("This needs a person who signed in, not a token.", code="token_not_enough")


def tenant_asked_for(slug: str, token: ApiToken | None) -> Tenant:
    """Raises NotFound, also when the token is another tenant's."""
    known = [token.tenant] if token else load(Tenant, "WHERE slug = %s", [slug])
    for tenant in known:
        if tenant.slug == slug:
            return tenant
    raise NotFound


def one_who_may(principal: Principal, memberships: list[Membership], *, role: MembershipRole, scope: str | None
                ) -> Membership:
    """The principal's membership. Raises NotFound without one, Forbidden below `role` or without `scope`."""
    for membership in memberships:
        if not MembershipRole(membership.role).covers(role):
            raise Forbidden
        principal.needs(scope)
        return membership
    raise NotFound
