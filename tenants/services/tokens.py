"""Issuing and revoking the tokens of people and service accounts."""

from __future__ import annotations

from datetime import datetime

from countersign.clock import now
from countersign.errors import Invalid, field_fault
from countersign.ids import new_id
from tenants.audit import Actor, record
from tenants.models import ApiToken, Membership, MembershipRole, User
from tenants.scopes import PEOPLE_ONLY
from tenants.tokens import hash_of, new_secret


def issue_token(*, user: User, name: str, scopes: list[str], expires_at: datetime | None, by: User,
                actor: Actor) -> tuple[ApiToken, str]:
    """A token that acts as `user`, and its secret, which nobody can read again. Raises Invalid."""
    if expires_at and expires_at <= now():
        raise Invalid(fields=[field_fault("expires_at", "past", "This is in the past.")])
    if user.is_service and (refused := PEOPLE_ONLY.intersection(scopes)):
        raise Invalid(fields=[field_fault("scopes", "people_only", f"No machine may have {', '.join(refused)}.")])
    secret = new_secret()
    token = ApiToken.objects.create(user=user, name=name, hint=secret[:8], token_hash=hash_of(secret), created_by=by,
                                    scopes=sorted(set(scopes)), expires_at=expires_at)
    record(action="token.created", subject=("token", token.id), actor=actor,
           data={"name": name, "scopes": token.scopes, "user": user.id, "expires_at": expires_at})
    return token, secret


def create_service_account(*, name: str, role: MembershipRole, actor: Actor) -> User:
    """A member of the context's tenant that is no person: it cannot sign in and never decides. Raises Invalid."""
    if role == MembershipRole.OWNER:
        raise Invalid(fields=[field_fault("service_account.role", "people_only", "No machine may own a team.")])
    id = new_id()
    account = User.objects.create_user(f"{id}@service.invalid", id=id, name=name, is_service=True)
    Membership.objects.create(user=account, role=role)
    record(action="service_account.created", subject=("user", id), actor=actor, data={"name": name, "role": role})
    return account


def revoke_token(*, token: ApiToken, actor: Actor) -> None:
    """Safe to repeat."""
    if ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=now()):
        record(action="token.revoked", subject=("token", token.id), actor=actor)
