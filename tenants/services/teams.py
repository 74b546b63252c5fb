"""Making and changing a team."""

from __future__ import annotations

import re
from itertools import chain, count

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from countersign.database.context import tenant_context, user_context
from countersign.errors import Conflict
from countersign.ids import new_id
from tenants.audit import Actor, record
from tenants.errors import EmailNotVerified, SlugTaken, TooManyTeams
from tenants.models import Membership, MembershipRole, Tenant, User
from tenants.sign_in import has_verified_email

RESERVED_SLUGS = {"api", "new", "me"}
SLUG_LENGTH = 50
RACES = 5
MOST_OWNED = 20


def create_team(*, owner: User, name: str, slug: str = "") -> Tenant:
    """A new tenant with its first owner. Without `slug`, one is made of the name.

    Raises EmailNotVerified, TooManyTeams, SlugTaken.
    """
    if not has_verified_email(owner):
        raise EmailNotVerified
    with user_context(owner.id):
        _refuse_one_too_many(owner)
        return _created(owner, name, slug)


def _refuse_one_too_many(owner: User) -> None:
    """Holds the person: of several teams at once, each counts the others."""
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=owner.pk)
    if Membership.objects.filter(user=owner, role=MembershipRole.OWNER).count() >= MOST_OWNED:
        raise TooManyTeams


def _created(owner: User, name: str, slug: str) -> Tenant:
    for _ in range(1 if slug else RACES):
        tenant = Tenant(id=new_id(), name=name, slug=slug or free_slug(name))
        try:
            with tenant_context(tenant.id, user_id=owner.id), transaction.atomic():
                tenant.save(force_insert=True)
                membership = Membership.objects.create(user=owner, role=MembershipRole.OWNER)
                record(action="tenant.created", subject=("tenant", tenant.id), actor=Actor.of(owner),
                       data={"name": name, "slug": tenant.slug, "owner": membership.user_id})
                return tenant
        except IntegrityError as error:
            if "slug" not in str(error):
                raise
    raise SlugTaken if slug else Conflict(retryable=True)


def rename_team(*, tenant: Tenant, name: str, actor: Actor) -> Tenant:
    before, tenant.name = tenant.name, name
    if before != name:
        tenant.save(update_fields=["name"])
        record(action="tenant.renamed", subject=("tenant", tenant.id), actor=actor, data={"from": before, "to": name})
    return tenant


def free_slug(name: str) -> str:
    base = re.sub("-+", "-", slugify(name).replace("_", "-"))[:SLUG_LENGTH - 6].strip("-") or "team"
    taken = {*Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True), *RESERVED_SLUGS}
    return next(slug for slug in chain([base], (f"{base}-{n}" for n in count(2))) if slug not in taken)
