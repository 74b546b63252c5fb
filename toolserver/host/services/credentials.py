"""Credentials: sealed the moment they arrive. Nothing here keeps, logs or returns a secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from countersign.clock import now
from countersign.database.context import current_tenant
from countersign.errors import Conflict
from countersign.ids import new_id
from countersign.sealing import seal
from tenants.audit import Actor, record
from tenants.models import User
from toolserver.host.models import Credential, ModelAlias
from toolserver.host.services.configuration import raise_version


class NameTaken(Conflict):
    code = "name_taken"
    detail = "There is one of this name already. Choose another, or change that one."


class CredentialInUse(Conflict):
    code = "credential_in_use"


def create_credential(*, name: str, kind: str, secret: dict[str, Any], public_key: bytes, by: User,
                      actor: Actor) -> Credential:
    """Raises NameTaken."""
    id = new_id()
    credential = Credential(id=id, name=name, kind=kind, created_by=by, sealed=_sealed(secret, public_key, id, 1))
    Credential.objects.bulk_create([credential], ignore_conflicts=True)
    if not Credential.objects.filter(id=id).exists():
        raise NameTaken
    raise_version()
    record(action="credential.created", subject=("credential", id), actor=actor, data={"name": name, "kind": kind})
    return credential


def rotate_credential(*, credential: Credential, secret: dict[str, Any], public_key: bytes, actor: Actor) -> Credential:
    """Replace the secret; the row must be locked. The old box opens no more: it names the old version."""
    credential.version += 1
    credential.sealed = _sealed(secret, public_key, credential.id, credential.version)
    credential.rotated_at = now()
    credential.save(update_fields=["version", "sealed", "rotated_at"])
    raise_version()
    record(action="credential.rotated", subject=("credential", credential.id), actor=actor,
           data={"name": credential.name, "version": credential.version})
    return credential


def remove_credential(*, credential: Credential, actor: Actor) -> None:
    """Raises CredentialInUse while a model alias names it."""
    users = [alias.alias for alias in ModelAlias.objects.order_by("alias")
             if any(provider["credential"] == credential.name for provider in alias.providers)]
    if users:
        raise CredentialInUse(f"These model aliases use it: {', '.join(users)}. Change them first.")
    Credential.objects.filter(id=credential.id).delete()
    raise_version()
    record(action="credential.removed", subject=("credential", credential.id), actor=actor,
           data={"name": credential.name, "kind": credential.kind})


def _sealed(secret: dict[str, Any], public_key: bytes, id: UUID, version: int) -> bytes:
    return seal(secret, public_key=public_key, tenant=current_tenant(), credential=id, version=version)
