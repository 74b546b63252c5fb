"""Credentials sealed to a tenant's public key on arrival, opened only in that tenant's process (design §5.5).

The tenant, the credential's id and its version stand inside the box, so that a box moved elsewhere does not open.
"""

from __future__ import annotations

import json
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from countersign.errors import CountersignError


class CannotOpen(CountersignError):
    code = "credential_unreadable"
    status = 409
    detail = "This credential cannot be opened. Enter it again."


def seal(secret: dict, *, public_key: bytes, tenant: UUID, credential: UUID, version: int) -> bytes:
    box = {"tenant": str(tenant), "credential": str(credential), "version": version, "secret": secret}
    return SealedBox(PublicKey(public_key)).encrypt(json.dumps(box).encode())


def unseal(sealed: bytes, *, private_key: bytes, tenant: UUID, credential: UUID, version: int) -> dict:
    """Raises CannotOpen when the box is not for this key, or names another tenant, credential or version."""
    try:
        box = json.loads(SealedBox(PrivateKey(private_key)).decrypt(sealed))
    except (CryptoError, ValueError) as error:
        raise CannotOpen from error
    if (box["tenant"], box["credential"], box["version"]) != (str(tenant), str(credential), version):
        raise CannotOpen
    return box["secret"]
