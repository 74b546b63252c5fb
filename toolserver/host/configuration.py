"""What a tenant's process is told over its pipe: keys, sealed credentials, model aliases."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.conf import settings

from countersign.database.context import tenant_context
from toolserver.host import vault
from toolserver.host.callers import configuration_version
from toolserver.host.models import Credential, ModelAlias


def tenant_configuration(tenant_id: UUID) -> dict[str, Any]:
    """JSON-safe. The version is read first: what changes meanwhile only makes the process be told once more."""
    with tenant_context(tenant_id):
        return {
            "version": configuration_version(),
            "tenant": str(tenant_id),
            "private_key": _text(vault.private_key(tenant_id)),
            "verify_keys": settings.GRANT_VERIFY_KEYS,
            "artifacts_root": str(settings.ARTIFACTS_DIR),
            "credentials": [
                {"id": str(credential.id), "name": credential.name, "kind": credential.kind,
                 "version": credential.version, "sealed": _text(bytes(credential.sealed))}
                for credential in Credential.objects.order_by("id")],
            "models": list(ModelAlias.objects.order_by("alias").values("alias", "providers")),
        }


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
