"""Issuing and revoking the tokens of people and service accounts."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from countersign.clock import now
from countersign.errors import Invalid, field_fault
from countersign.ids import new_id
from tenants.audit import Actor, record
from tenants.errors import TooManyTokens
from tenants.models import ApiToken, Membership, MembershipRole, User
from tenants.scopes import PEOPLE_ONLY
from tenants.tokens import hash_of, new_secret

#: Of a person or service account, in one team, that can be used now.
MOST_TOKENS = 50


def issue_token(*, user: User, name: str, scopes: list[str], expires_at: datetime | None, by: User,
                actor: Actor) -> tuple[ApiToken, str]:
    """A token that acts as `user`, and its secret, which nobody can read again. Raises Invalid, TooManyTokens."""
    if expires_at and expires_at <= now():
        raise Invalid(fields=[field_fault("expires_at", "past", "This is in the past.")])
    if user.is_service and (refused := PEOPLE_ONLY.intersection(scopes)):
        raise Invalid(fields=[field_fault("scopes", "people_only", f"No machine may have {', '.join(refused)}.")])
    _refuse_beyond(user)
    secret = new_secret()
    token = ApiToken.objects.create(user=user, name=name, hint=secret[:8], token_hash=hash_of(secret), created_by=by,
                                    scopes=sorted(set(scopes)), expires_at=expires_at)
    record(action="token.created", subject=("token", token.id), actor=actor,
           data={"name": name, "scopes": token.scopes, "user": user.id, "expires_at": expires_at})
    return token, secret


def _refuse_beyond(user: User) -> None:
    """The membership is held, so that two who ask at once do not both get the last one."""
    list(Membership.objects.select_for_update(no_key=True, of=("self",)).filter(user=user).values_list("pk"))
    usable = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now()), user=user, revoked_at=None)
    if usable.count() >= MOST_TOKENS:
        raise TooManyTokens


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
