"""Who may do what on a scope (design §7). Every guardian row is written and read from here.

Owners and admins may see, run and edit every scope. Deciding is different: nobody may decide but by an approver role
whose group has `decide`; `approvals.eligibility` says who that is.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from approvals.models import ApproverRole, Scope, ScopeGroupPermission, ScopeUserPermission
from countersign.database.context import current_tenant
from countersign.database.statements import ask
from countersign.errors import Forbidden
from tenants.models import GroupMember, Membership, MembershipRole, User

ACTIONS = ("view", "run", "edit", "decide")
GIVES = {"view": ACTIONS, "run": ("run",), "edit": ("edit",), "decide": ("decide",)}
"""Whoever may run, edit or decide must be able to see what."""


def codename_of(action: str) -> str:
    return f"{action}_scope"


def action_of(codename: str) -> str:
    return codename.removesuffix("_scope")


# What `visible_scopes` says, of one scope. Every request for a run, a workflow or an approval asks it.
MAY = """
    SELECT %(action)s <> 'decide' AND membership.role IN ('owner', 'admin') OR EXISTS (
            SELECT 1 FROM approvals_scopegrouppermission AS given
            JOIN auth_permission AS permission ON permission.id = given.permission_id
            JOIN tenants_groupmember AS member ON member.tenant_id = given.tenant_id
                AND member.group_id = given.group_id AND member.user_id = %(user)s
            WHERE given.content_object_id = %(scope)s AND permission.codename = ANY(%(codenames)s)
        ) OR EXISTS (
            SELECT 1 FROM approvals_scopeuserpermission AS given
            JOIN auth_permission AS permission ON permission.id = given.permission_id
            WHERE given.content_object_id = %(scope)s AND given.user_id = %(user)s
                AND permission.codename = ANY(%(codenames)s) AND permission.codename <> 'decide_scope')
    FROM tenants_membership AS membership
    JOIN approvals_scope AS scope ON scope.tenant_id = membership.tenant_id AND scope.id = %(scope)s
    WHERE membership.tenant_id = %(tenant)s AND membership.user_id = %(user)s"""


def may(user: User, action: str, scope: Scope) -> bool:
    if not user.is_active or (action == "decide" and user.is_service):
        return False
    said = ask(MAY, {"action": action, "user": user.id, "scope": scope.pk, "tenant": current_tenant(),
                     "codenames": [codename_of(each) for each in GIVES[action]]})
    return any(allowed for (allowed,) in said)


def require(user: User, action: str, scope: Scope) -> None:
    """Raises Forbidden."""
    if not may(user, action, scope):
        raise Forbidden(f"You may not {action} this. An admin of this team can give you that right.")


def visible_scopes(user: User, action: str = "view") -> QuerySet[Scope]:
    """The context's scopes on which `user` may do `action`. Asks for the membership; the rest fits into a query."""
    membership = Membership.objects.filter(user=user, tenant_id=current_tenant()).first()
    if membership is None or not user.is_active:
        return Scope.objects.none()
    if action != "decide" and MembershipRole(membership.role).covers(MembershipRole.ADMIN):
        return Scope.objects.all()
    if action == "decide" and user.is_service:
        return Scope.objects.none()
    return Scope.objects.filter(_given(user, [codename_of(a) for a in GIVES[action]]))


def _given(user: User, codenames: list[str]) -> Q:
    groups = GroupMember.objects.filter(user=user).values("group_id")
    by_group = ScopeGroupPermission.objects.filter(
        content_object=OuterRef("pk"), group__in=groups, permission__codename__in=codenames)
    by_person = ScopeUserPermission.objects.filter(
        content_object=OuterRef("pk"), user=user, permission__codename__in=set(codenames) - {"decide_scope"})
    return Q(Exists(by_group)) | Q(Exists(by_person))


def replace_permissions(scope: Scope, to: ApproverRole | User, actions: Iterable[str]) -> tuple[set[str], set[str]]:
    """Give exactly these actions. Returns those that were added and those that were taken away."""
    holder = to.group if isinstance(to, ApproverRole) else to
    table = ScopeGroupPermission if isinstance(to, ApproverRole) else ScopeUserPermission
    named = {"group" if isinstance(to, ApproverRole) else "user": holder, "content_object": scope}
    before = {action_of(name) for name in table.objects.filter(**named).values_list("permission__codename", flat=True)}
    wanted = set(actions)
    for action in wanted - before:
        assign_perm(codename_of(action), holder, scope)
    for action in before - wanted:
        remove_perm(codename_of(action), holder, scope)
    return wanted - before, before - wanted
