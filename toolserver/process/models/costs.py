"""What a completion used and cost, in tokens and US dollars."""

from __future__ import annotations

from typing import Any

import litellm

from toolserver.process.config import ProviderConfig

PRICES = ("input_cost_per_token", "output_cost_per_token")


def usage_of(response: litellm.ModelResponse, provider: ProviderConfig) -> dict[str, Any]:
    """OpenAI's `usage` with `cost` (USD) and `cost_known`: an unknown price counts as 0 and says so."""
    usage = getattr(response, "usage", None)
    prompt, completion = int(getattr(usage, "prompt_tokens", 0) or 0), int(getattr(usage, "completion_tokens", 0) or 0)
    cost = _cost(response, provider, prompt, completion)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "cost": round(cost or 0.0, 9), "cost_known": cost is not None}


def _cost(response: litellm.ModelResponse, provider: ProviderConfig, prompt: int, completion: int) -> float | None:
    if provider.model.startswith("offline/"):
        return 0.0
    if any(name in provider.params for name in PRICES):
        prices = [float(provider.params.get(name) or 0) for name in PRICES]
        return prompt * prices[0] + completion * prices[1]
    try:
        return float(litellm.completion_cost(completion_response=response, model=provider.model))
    except Exception:  # litellm raises a bare Exception for a model that it has no price for
        return None
