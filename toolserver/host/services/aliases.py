"""Model aliases."""

from __future__ import annotations

from typing import Any

from countersign.clock import now
from countersign.errors import Invalid, field_fault
from tenants.audit import Actor, record
from toolserver.host.models import Credential, CredentialKind, ModelAlias
from toolserver.host.services.configuration import raise_version
from toolserver.host.services.credentials import NameTaken


def create_alias(*, alias: str, providers: list[dict[str, Any]], actor: Actor) -> ModelAlias:
    """Raises NameTaken, and Invalid naming each provider whose credential there is not."""
    _check_credentials(providers)
    made = ModelAlias(alias=alias, providers=providers)
    ModelAlias.objects.bulk_create([made], ignore_conflicts=True)
    if not ModelAlias.objects.filter(id=made.id).exists():
        raise NameTaken
    raise_version()
    record(action="model.created", subject=("model", made.id), actor=actor,
           data={"alias": alias, "providers": providers})
    return made


def change_alias(*, alias: ModelAlias, providers: list[dict[str, Any]], actor: Actor) -> ModelAlias:
    """Raises Invalid."""
    _check_credentials(providers)
    alias.providers, alias.updated_at = providers, now()
    alias.save(update_fields=["providers", "updated_at"])
    raise_version()
    record(action="model.changed", subject=("model", alias.id), actor=actor,
           data={"alias": alias.alias, "providers": providers})
    return alias


def remove_alias(*, alias: ModelAlias, actor: Actor) -> None:
    ModelAlias.objects.filter(id=alias.id).delete()
    raise_version()
    record(action="model.removed", subject=("model", alias.id), actor=actor, data={"alias": alias.alias})


def _check_credentials(providers: list[dict[str, Any]]) -> None:
    known = set(Credential.objects.filter(kind=CredentialKind.MODEL_KEY).values_list("name", flat=True))
    faults = [field_fault(f"providers.{number}.credential", "unknown", "The team has no model key of this name.")
              for number, provider in enumerate(providers) if provider["credential"] not in {None, *known}]
    if faults:
        raise Invalid(fields=faults)
