"""Ed25519 keys and the compact tokens (JWS, RFC 8037) signed with them.

Only the web process holds a private key. Keys travel as URL-safe base64 of their 32 raw bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countersign.errors import CountersignError


class BadSignature(CountersignError):
    code = "bad_signature"
    status = 401
    detail = "This token was not signed by a key that is trusted here, or it was altered."


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class VerifyKey:
    """The public half; `kid` names it in the tokens' headers."""

    key: Ed25519PublicKey

    @classmethod
    def load(cls, text: str) -> VerifyKey:
        return cls(Ed25519PublicKey.from_public_bytes(_decode(text.strip())))

    def dump(self) -> str:
        return _encode(self.key.public_bytes_raw())

    @cached_property
    def kid(self) -> str:
        return hashlib.sha256(self.key.public_bytes_raw()).hexdigest()[:16]


@dataclass(frozen=True)
class SigningKey:
    key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, text: str) -> SigningKey:
        return cls(Ed25519PrivateKey.from_private_bytes(_decode(text.strip())))

    def dump(self) -> str:
        return _encode(self.key.private_bytes_raw())

    @cached_property
    def verify_key(self) -> VerifyKey:
        return VerifyKey(self.key.public_key())

    def sign(self, claims: dict[str, Any], *, kind: str) -> str:
        """A token of this `kind` (the JWS `typ`): one kind never passes for another."""
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"typ": kind, "kid": self.verify_key.kid})


def verify_token(token: str, keys: Iterable[VerifyKey], *, kind: str) -> dict[str, Any]:
    """The claims of a token of this `kind` signed by one of `keys`. Times are the caller's to check.

    Raises BadSignature.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = next((k for k in keys if k.kid == header.get("kid")), None)
        if key is None or header.get("typ") != kind:
            raise BadSignature
        return jwt.decode(token, key.key, algorithms=["EdDSA"], options={
            "verify_exp": False, "verify_nbf": False, "verify_aud": False, "verify_iat": False})
    except jwt.PyJWTError as error:
        raise BadSignature from error
