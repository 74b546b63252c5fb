"""What happens here when somebody's membership changes."""

from __future__ import annotations

from uuid import UUID

from approvals.models import ScopeUserPermission
from approvals.services.assignments import recompute_for_person
from tenants.audit import Actor
from tenants.models import Membership


def follow_membership(sender: object, *, tenant_id: UUID, user_id: UUID, actor: Actor | None = None,
                      **_: object) -> None:
    """Whoever left has no rights left; open requests ask whoever may decide now."""
    if not Membership.objects.filter(tenant_id=tenant_id, user=user_id).exists():
        ScopeUserPermission.objects.filter(user=user_id).delete()
    recompute_for_person(user_id, actor=actor or Actor.system("web"))
