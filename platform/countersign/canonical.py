"""Canonical JSON (RFC 8785) and the content hashes made of it."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """Raises `rfc8785.CanonicalizationError` for what JSON cannot hold exactly (NaN, integers past 2**53)."""
    return rfc8785.dumps(value)


def content_hash(value: Any) -> str:
    """`sha256:` and 64 hex digits over the canonical form: equal content, equal hash."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()
