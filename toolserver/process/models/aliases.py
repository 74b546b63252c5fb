"""A tenant's model aliases, and the offline ones that every tenant has."""

from __future__ import annotations

from typing import Any

from toolserver.process.config import AliasConfig, ProviderConfig, TenantConfig
from toolserver.process.models.errors import AliasUnknown

OFFLINE = "offline/"
BUILT_IN = (
    AliasConfig(alias="offline-writer", label="Offline writer (extracts, no language model)",
                providers=[ProviderConfig(model="offline/drafter")]),
    AliasConfig(alias="offline-reviewer", label="Offline reviewer (rules, no language model)",
                providers=[ProviderConfig(model="offline/reviewer")]),
)


def find_alias(config: TenantConfig, alias: str) -> AliasConfig:
    """Built-in names can't be taken: what says offline is offline. Raises AliasUnknown."""
    found = next((a for a in (*BUILT_IN, *config.models) if a.alias == alias), None)
    if found is None:
        raise AliasUnknown(f"The team has no model alias {alias[:80]!r}.")
    return found


def listing(config: TenantConfig) -> list[dict[str, Any]]:
    names = {a.alias for a in BUILT_IN}
    return [{"id": a.alias, "object": "model", "label": a.label or a.alias, "offline": is_offline(a),
             "providers": [p.model for p in a.providers]}
            for a in (*BUILT_IN, *(a for a in config.models if a.alias not in names))]


def is_offline(alias: AliasConfig) -> bool:
    return all(p.model.startswith(OFFLINE) for p in alias.providers)


def provider_name(model: str) -> str:
    return model.partition("/")[0] if "/" in model else "openai"
