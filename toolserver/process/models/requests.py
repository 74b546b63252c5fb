"""A chat completion as it is asked for, and as litellm is to be asked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from toolserver.process.config import ProviderConfig, TenantConfig
from toolserver.process.models.errors import ModelError

DEFAULT_TIMEOUT = 120.0

# What an alias may set beside what a caller may ask for. Anything else (callbacks, other keys) is not passed on.
ALIAS_OPTIONS = ("temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "seed",
                 "presence_penalty", "frequency_penalty", "reasoning_effort", "num_ctx", "keep_alive", "api_version")

# These sign in as the machine they run on (instance roles, default credentials). That identity is not the tenant's.
AMBIENT = ("bedrock", "bedrock_converse", "sagemaker", "sagemaker_chat", "vertex_ai", "vertex_ai_beta", "oci")


class ChatRequest(BaseModel):
    """OpenAI's chat completion request; fields that are not named here are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str
    messages: list[dict[str, Any]] = Field(min_length=1)
    stream: bool = False
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None

    def options(self) -> dict[str, Any]:
        return self.model_dump(exclude={"model", "messages", "stream"}, exclude_none=True)


def secret_of(config: TenantConfig, provider: ProviderConfig) -> str:
    """The provider's key, or "" for one that needs none. Raises ModelError, or CannotOpen."""
    if provider.model.partition("/")[0] in AMBIENT:
        raise ModelError(f"{provider.model} signs in as the machine it runs on, which is not the team's to use.",
                         code="model_provider_not_allowed")
    if provider.credential is None:
        return ""
    credential = config.find_credential(kind="model_key", name=provider.credential)
    if credential is None:
        raise ModelError(f"The credential {provider.credential!r} of {provider.model} is missing.",
                         code="model_credential_missing")
    return str(config.open(credential).get("api_key", ""))


def timeout_of(provider: ProviderConfig) -> float:
    return float(provider.params.get("timeout") or DEFAULT_TIMEOUT)


def litellm_arguments(request: ChatRequest, provider: ProviderConfig, secret: str, *, stream: bool) -> dict[str, Any]:
    """One attempt at one provider. Retries are ours alone: litellm's and the SDKs' would stack on them."""
    defaults = {name: provider.params[name] for name in ALIAS_OPTIONS if name in provider.params}
    streaming = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    return defaults | request.options() | streaming | {
        "model": provider.model, "messages": request.messages, "api_base": provider.api_base,
        # Some clients insist on a key even where the server wants none; without one litellm would ask the environment.
        "api_key": secret or "none", "timeout": timeout_of(provider), "max_retries": 0, "num_retries": 0,
        "drop_params": True,
    }
