"""What the host tells a tenant's process over the pipe: keys, sealed credentials, model aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from countersign.sealing import unseal
from countersign.signing import VerifyKey


class SealedCredential(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    kind: str
    version: int
    sealed: Base64Bytes = Field(repr=False)


class ProviderConfig(BaseModel):
    """One litellm model behind an alias; `credential` names the tenant's `model_key` credential."""

    model_config = ConfigDict(frozen=True)

    model: str
    credential: str | None = None
    api_base: str | None = None
    params: dict[str, Any] = {}


class AliasConfig(BaseModel):
    """A tenant's name for a model; its providers are tried in order."""

    model_config = ConfigDict(frozen=True)

    alias: str
    label: str = ""
    providers: list[ProviderConfig] = Field(min_length=1)


class TenantConfig(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int
    tenant: UUID
    host_token: str = Field(min_length=20, repr=False)
    private_key: Base64Bytes = Field(repr=False)
    verify_keys: list[str]
    artifacts_root: Path
    credentials: list[SealedCredential] = []
    models: list[AliasConfig] = []

    def grant_keys(self) -> list[VerifyKey]:
        return [VerifyKey.load(text) for text in self.verify_keys]

    def find_credential(self, *, kind: str, name: str | None = None) -> SealedCredential | None:
        """The credential of this name, or, unnamed, the first of this kind."""
        return next((c for c in self.credentials if c.kind == kind and name in (None, c.name)), None)

    def open(self, credential: SealedCredential) -> dict[str, Any]:
        """The secret, in this process's memory and nowhere else. Raises CannotOpen."""
        return unseal(credential.sealed, private_key=self.private_key, tenant=self.tenant,
                      credential=credential.id, version=credential.version)
