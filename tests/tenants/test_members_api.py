"""Who belongs to a team, and who may change that."""

import pytest
from django.contrib.auth.models import Group

from countersign.database.context import tenant_context
from countersign.ids import new_id
from tenants.audit import AuditEntry
from tenants.models import ApiToken, GroupMember, Membership
from tenants.signals import access_changed

pytestmark = pytest.mark.django_db
MEMBERS = "/api/v1/tenants/acme/members/"


@pytest.fixture
def acme(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def changes():
    """What `access_changed` told."""
    told = []

    def hear(sender, tenant_id, user_id, **_):
        told.append((tenant_id, user_id))

    access_changed.connect(hear)
    yield told
    access_changed.disconnect(hear)


def member_id(tenant, user):
    with tenant_context(tenant.id):
        return Membership.objects.get(user=user).id


def path(tenant, user):
    return f"{MEMBERS}{member_id(tenant, user)}/"


def test_every_member_sees_the_members(acme, make_tenant, make_member, api, django_assert_num_queries):
    viewer = make_member(acme, "viewer@example.org", "viewer")
    make_member(acme, "owner@example.org", "owner")
    make_member(make_tenant("other"), "else@example.org")
    client = api(viewer)
    with django_assert_num_queries(9):
        page = client.get(MEMBERS).json()
    assert [(m["email"], m["role"]) for m in page["results"]] == [
        ("owner@example.org", "owner"), ("viewer@example.org", "viewer")]
    assert page["results"][1]["user"] == str(viewer.id)
    assert client.get(path(acme, viewer)).json() == page["results"][1]


def test_pages_follow_one_another(acme, make_member, api):
    for n in range(5):
        make_member(acme, f"m{n}@example.org", "viewer")
    client = api(make_member(acme, "last@example.org", "owner"))
    seen, link = [], f"{MEMBERS}?page_size=2"
    while link:
        page = client.get(link).json()
        seen += [m["email"] for m in page["results"]]
        link = page["next"]
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("cursor", ["nonsense", "cD1ub3QtYW4taWQ="])
def test_a_cursor_that_is_none_of_ours_is_refused(acme, make_member, api, cursor):
    response = api(make_member(acme)).get(f"{MEMBERS}?cursor={cursor}")
    assert response.status_code == 422
    assert response.json()["fields"][0]["field"] == "cursor"


def test_an_admin_changes_a_role(acme, make_member, api, changes):
    admin, editor = make_member(acme, "a@example.org", "admin"), make_member(acme, "e@example.org", "editor")
    response = api(admin).patch(path(acme, editor), {"role": "viewer"})
    assert (response.status_code, response.json()["role"]) == (200, "viewer")
    assert changes == [(acme.id, editor.id)]
    with tenant_context(acme.id):
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.subject_id, entry.actor_id) == ("member.role_changed", editor.id, admin.id)
        assert entry.data == {"from": "editor", "to": "viewer"}


def test_the_same_role_again_is_no_change(acme, make_member, api, changes):
    client, editor = api(make_member(acme, "a@example.org", "admin")), make_member(acme, "e@example.org", "editor")
    assert client.patch(path(acme, editor), {"role": "editor"}).status_code == 200
    assert changes == []


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_others_change_nobody(acme, make_member, api, role):
    client, other = api(make_member(acme, "x@example.org", role)), make_member(acme, "e@example.org", "viewer")
    assert client.patch(path(acme, other), {"role": "admin"}).status_code == 403
    assert client.delete(path(acme, other)).status_code == 403


def test_an_admin_touches_no_owner_and_makes_none(acme, make_member, api):
    client, owner = api(make_member(acme, "a@example.org", "admin")), make_member(acme, "o@example.org", "owner")
    editor = make_member(acme, "e@example.org", "editor")
    for refused in (client.patch(path(acme, owner), {"role": "viewer"}), client.delete(path(acme, owner)),
                    client.patch(path(acme, editor), {"role": "owner"})):
        assert (refused.status_code, refused.json()["code"]) == (403, "owners_only")


def test_the_last_owner_stays(acme, make_member, api):
    owner = make_member(acme, "o@example.org", "owner")
    client = api(owner)
    for refused in (client.patch(path(acme, owner), {"role": "admin"}), client.delete(path(acme, owner))):
        assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    second = make_member(acme, "p@example.org", "owner")
    assert client.delete(path(acme, owner)).status_code == 204
    assert api(second).get(MEMBERS).status_code == 200


def test_whoever_is_removed_loses_roles_tokens_and_sight(acme, make_tenant, make_member, api, api_token, changes):
    other = make_tenant("other")
    gone = make_member(acme, "gone@example.org", "editor")
    make_member(other, gone.email)
    with tenant_context(acme.id):
        GroupMember.objects.create(user=gone, group=Group.objects.create(name=str(new_id())))
    token = api_token(acme, gone, "members:read")
    elsewhere = api_token(other, gone, "members:read")
    assert token.get(MEMBERS).status_code == 200
    assert api(make_member(acme, "a@example.org", "admin")).delete(path(acme, gone)).status_code == 204
    assert token.get(MEMBERS).status_code == 401
    assert api(gone).get(MEMBERS).status_code == 404
    assert elsewhere.get("/api/v1/tenants/other/members/").status_code == 200
    assert changes == [(acme.id, gone.id)]
    with tenant_context(acme.id):
        assert not GroupMember.objects.exists()
        assert not ApiToken.objects.exists()
        assert AuditEntry.objects.get().action == "member.removed"


def test_everybody_may_leave(acme, make_member, api):
    viewer = make_member(acme, "v@example.org", "viewer")
    assert api(viewer).delete(path(acme, viewer)).status_code == 204
    assert api(viewer).get(MEMBERS).status_code == 404


def test_a_foreign_and_a_missing_member_are_the_same(acme, make_tenant, make_member, api):
    other = make_tenant("other")
    stranger = make_member(other, "s@example.org", "owner")
    client = api(make_member(acme, "o@example.org", "owner"))
    for method in ("get", "patch", "delete"):
        answers = [getattr(client, method)(f"{MEMBERS}{id}/", {"role": "viewer"} if method == "patch" else None)
                   for id in (member_id(other, stranger), new_id(), "none")]
        assert {a.status_code for a in answers} == {404}
        assert answers[0].json() == answers[1].json() == answers[2].json()


def test_a_member_of_two_teams_shows_one_membership_in_each(acme, make_tenant, make_member, api):
    user = make_member(acme, "o@example.org", "owner")
    make_member(make_tenant("other"), user.email, "viewer")
    assert [m["role"] for m in api(user).get(MEMBERS).json()["results"]] == ["owner"]
    with tenant_context(acme.id, user_id=user.id):
        assert Membership.objects.count() == 1, "inside a team, one's memberships elsewhere are not to be seen"
