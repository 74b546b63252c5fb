"""Tenants' sealing keys: made when first needed, the private half wrapped by the vault key, the public half given."""

from __future__ import annotations

import base64
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from nacl.public import PrivateKey

from countersign.database.context import tenant_context
from toolserver.host.errors import VaultLocked
from toolserver.host.models import TenantKey

NONCE_BYTES = 12


def public_key(tenant_id: UUID) -> bytes:
    """The tenant's public key; the pair is made if there is none. Safe to repeat and to race."""
    with tenant_context(tenant_id):
        return bytes(_tenant_key(tenant_id).public_key)


def private_key(tenant_id: UUID) -> bytes:
    """Unwrapped, for the tenant's own process alone. Raises VaultLocked."""
    with tenant_context(tenant_id):
        return unwrap(bytes(_tenant_key(tenant_id).wrapped_private_key), tenant_id)


def wrap(private: bytes, tenant_id: UUID) -> bytes:
    """The tenant is bound into the box: one moved to another tenant's row does not open."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_vault_key()).encrypt(nonce, private, tenant_id.bytes)


def unwrap(wrapped: bytes, tenant_id: UUID) -> bytes:
    try:
        return AESGCM(_vault_key()).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], tenant_id.bytes)
    except InvalidTag as error:
        raise VaultLocked from error


def _tenant_key(tenant_id: UUID) -> TenantKey:
    key = TenantKey.objects.first()
    if key is None:
        made = PrivateKey.generate()
        key = TenantKey(public_key=bytes(made.public_key), wrapped_private_key=wrap(bytes(made), tenant_id))
        TenantKey.objects.bulk_create([key], ignore_conflicts=True)
        key = TenantKey.objects.get()
    return key


def _vault_key() -> bytes:
    return base64.urlsafe_b64decode(settings.VAULT_KEY + "=" * (-len(settings.VAULT_KEY) % 4))
