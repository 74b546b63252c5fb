"""Every route of the API × {nobody, another team, too low a role, a removed member}; foreign and missing ids alike.

A route that `LEAST_ROLE` does not know fails: whoever adds one says here who may use it.
"""

from __future__ import annotations

import uuid

import pytest
from drf_spectacular.generators import SchemaGenerator

from countersign.database.context import tenant_context
from tenants.models import Membership, MembershipRole, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

OPEN_TO_EVERYBODY = {("POST", "invitations/preview/")}
#: For any person who is signed in, whatever team: their own things, and what is the same for everyone.
PERSONAL = {("GET", "gallery/"), ("GET", "workflow-schema/"), ("GET", "me/"), ("PATCH", "me/"),
            ("POST", "invitations/accept/"), ("GET", "tenants/"), ("POST", "tenants/")}
LEAST_ROLE = {
    ("GET", ""): "viewer", ("PATCH", ""): "admin",
    ("GET", "members/"): "viewer", ("GET", "members/{id}/"): "viewer",
    ("PATCH", "members/{id}/"): "admin", ("DELETE", "members/{id}/"): "admin",
    ("GET", "invitations/"): "admin", ("POST", "invitations/"): "admin",
    ("GET", "invitations/{id}/"): "admin", ("DELETE", "invitations/{id}/"): "admin",
    ("GET", "tokens/"): "viewer", ("POST", "tokens/"): "viewer",
    ("GET", "tokens/{id}/"): "viewer", ("DELETE", "tokens/{id}/"): "viewer",
    ("GET", "audit/"): "admin", ("GET", "audit/verify/"): "admin", ("GET", "audit/export/"): "admin",
    ("GET", "roles/"): "viewer", ("POST", "roles/"): "admin",
    ("GET", "roles/{id}/"): "viewer", ("PATCH", "roles/{id}/"): "admin", ("DELETE", "roles/{id}/"): "admin",
    ("GET", "roles/{id}/members/"): "viewer", ("POST", "roles/{id}/members/"): "admin",
    ("DELETE", "roles/{id}/members/{user}/"): "admin",
    ("GET", "inbox/count/"): "viewer",
    ("GET", "approvals/"): "viewer", ("GET", "approvals/{id}/"): "viewer",
    ("GET", "approvals/{id}/calls/{call}/preview/"): "viewer",
    ("GET", "approvals/{id}/decisions/"): "viewer", ("POST", "approvals/{id}/decisions/"): "viewer",
    ("GET", "workflows/"): "viewer", ("POST", "workflows/"): "editor",
    ("POST", "workflows/validate/"): "viewer",
    ("GET", "workflows/{id}/"): "viewer", ("PATCH", "workflows/{id}/"): "editor",
    ("GET", "permissions/"): "viewer",
    ("GET", "workflows/{id}/permissions/"): "viewer", ("PUT", "workflows/{id}/permissions/"): "admin",
    ("GET", "workflows/{id}/versions/"): "viewer", ("POST", "workflows/{id}/versions/"): "editor",
    ("GET", "workflows/{id}/versions/{number}/"): "viewer", ("PATCH", "workflows/{id}/versions/{number}/"): "editor",
    ("POST", "workflows/{id}/versions/{number}/validate/"): "viewer",
    ("POST", "workflows/{id}/versions/{number}/publish/"): "admin",
    ("POST", "workflows/{id}/versions/{number}/retire/"): "admin",
    ("GET", "runs/"): "viewer", ("POST", "runs/"): "editor", ("GET", "runs/{id}/"): "viewer",
    ("GET", "runs/{id}/events/"): "viewer", ("GET", "runs/{id}/events/stream/"): "viewer",
    ("GET", "runs/{id}/artifacts/"): "viewer", ("GET", "runs/{id}/artifacts/{name}/"): "viewer",
    ("POST", "runs/{id}/cancel/"): "editor", ("POST", "runs/{id}/retry/"): "editor",
    ("GET", "credentials/"): "viewer", ("POST", "credentials/"): "admin",
    ("GET", "credentials/{id}/"): "viewer", ("PUT", "credentials/{id}/"): "admin",
    ("DELETE", "credentials/{id}/"): "admin",
    ("GET", "models/"): "viewer", ("POST", "models/"): "admin",
    ("GET", "models/{alias}/"): "viewer", ("PUT", "models/{alias}/"): "admin", ("DELETE", "models/{alias}/"): "admin",
    ("POST", "models/{alias}/test/"): "admin",
    ("GET", "tools/"): "viewer",
    ("GET", "tool-calls/"): "viewer", ("GET", "tool-calls/{id}/"): "viewer",
    ("POST", "tool-calls/{id}/resolution/"): "admin",
}
#: Bodies that are right in themselves, so that the answer is about the id.
BODIES = {
    ("POST", "roles/{id}/members/"): lambda things: {"user": things["member"]},
    ("PATCH", "members/{id}/"): lambda things: {"role": "viewer"},
    ("PUT", "models/{alias}/"): lambda things: {"providers": [{"model": "openai/any"}]},
    ("POST", "approvals/{id}/decisions/"): lambda things: {"verdict": "approve", "revision": 1, "plan_hash": "x"},
}
PREFIX = "/api/v1/"
TENANT = "tenants/{slug}/"
METHODS = ("get", "post", "put", "patch", "delete")


def all_routes() -> list[tuple[str, str]]:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return sorted((method.upper(), path.removeprefix(PREFIX)) for path, item in paths.items()
                  for method in METHODS if method in item)


TENANT_ROUTES = sorted(LEAST_ROLE)
WITH_IDS = [route for route in TENANT_ROUTES if "{" in route[1]]


def ask(client, route: tuple[str, str], slug: str, ids: dict[str, str]):
    method, path = route
    body = BODIES.get(route, lambda things: {})(ids) if method != "GET" else None
    return getattr(client, method.lower())(f"{PREFIX}tenants/{slug}/{path.format(**ids)}", body, format="json")


def ids_for(route: tuple[str, str], things: dict[str, str]) -> dict[str, str]:
    """`{id}` is the thing that the path's first word names."""
    return {**things, "id": things.get(route[1].split("/")[0], "")}


def missing_ids() -> dict[str, str]:
    nothing = str(uuid.uuid4())
    return {"id": nothing, "user": nothing, "call": "no_such_call", "number": "999", "alias": "no-such-alias",
            "name": "no-such-name.md"}


def same(first, second) -> bool:
    return (first.status_code, first["Content-Type"], _body(first)) == \
        (second.status_code, second["Content-Type"], _body(second))


def _body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_every_route_is_known_here():
    known = {(m, TENANT + p) for m, p in LEAST_ROLE} | PERSONAL | OPEN_TO_EVERYBODY
    assert set(all_routes()) == known


def test_nobody_is_let_in_anywhere(ours, api):
    client = api()
    for route in TENANT_ROUTES:
        answer = ask(client, route, "ours", ids_for(route, ours.things))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), route
    for method, path in PERSONAL:
        assert getattr(client, method.lower())(PREFIX + path).status_code == 401, (method, path)


def test_another_teams_address_answers_like_one_that_does_not_exist(ours, theirs, api):
    client = api(ours.owner)
    for route in TENANT_ROUTES:
        foreign = ask(client, route, "theirs", ids_for(route, theirs.things))
        missing = ask(client, route, "no-such-team", ids_for(route, theirs.things))
        assert foreign.status_code == 404, route
        assert same(foreign, missing), route


def test_a_removed_member_finds_nothing_any_more(ours, api):
    client = api(ours.owner)
    with tenant_context(ours.tenant.id):
        Membership.objects.filter(user=ours.owner).delete()
    for route in TENANT_ROUTES:
        assert ask(client, route, "ours", ids_for(route, ours.things)).status_code == 404, route


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_a_lower_role_than_the_least_is_refused(ours, make_member, api, role):
    client = api(make_member(ours.tenant, f"{role}@ours.example", role))
    for route, least in LEAST_ROLE.items():
        if MembershipRole(role).covers(MembershipRole(least)):
            continue
        answer = ask(client, route, "ours", ids_for(route, ours.things))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), route


def test_the_least_role_itself_is_not_refused(ours, make_member, api):
    for role in ("viewer", "editor", "admin"):
        client = api(make_member(ours.tenant, f"{role}@ours.example", role))
        for route, least in LEAST_ROLE.items():
            if least == role:
                answer = ask(client, route, "ours", ids_for(route, ours.things))
                assert answer.status_code != 403 or answer.json()["code"] != "forbidden", route


def test_a_foreign_id_answers_like_a_missing_one(ours, theirs, api):
    client = api(ours.owner)
    mixed = {**ours.things, **theirs.things, **{key: ours.things[key] for key in ("number", "name", "member")}}
    for route in WITH_IDS:
        foreign = ask(client, route, "ours", ids_for(route, mixed))
        missing = ask(client, route, "ours", {**ours.things, **missing_ids()})
        malformed = ask(client, route, "ours", {**ours.things, **missing_ids(), "id": "not-an-id", "user": "not-an-id"})
        assert foreign.status_code == 404, route
        assert same(foreign, missing), route
        assert same(foreign, malformed), route


def test_ones_own_is_found(ours, api):
    """The ids in these tests name real things: what is refused above is refused for the right reason."""
    client = api(ours.owner)
    for route in WITH_IDS:
        if route[0] == "GET" and "stream" not in route[1]:
            assert ask(client, route, "ours", ids_for(route, ours.things)).status_code == 200, route


def test_a_service_account_cannot_decide(ours, make_user, api_token):
    robot = make_user("robot@ours.example", is_service=True)
    with tenant_context(ours.tenant.id):
        Membership.objects.create(user=robot, role=MembershipRole.ADMIN)
    client = api_token(ours.tenant, robot, "approvals:read", "approvals:decide")
    answer = ask(client, ("POST", "approvals/{id}/decisions/"), "ours",
                 {**ours.things, "id": ours.things["approvals"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "machines_do_not_approve")
    assert User.objects.get(pk=robot.pk).is_service
