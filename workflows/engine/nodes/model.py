"""Asking a model, for the nodes that do."""

from __future__ import annotations

import json
from typing import Any

from workflows.engine.failures import (
    DELAYS,
    HOST_AWAY,
    HOST_DELAYS,
    PolicyRefused,
    RunFails,
    StepFailed,
    TryAgain,
)
from workflows.engine.host import MODEL_SILENCE, HostFailed
from workflows.engine.pulse import pulse
from workflows.engine.session import Session, Step


def ask(session: Session, step: Step, *, model: str, prompt: str, schema: dict[str, Any] | None = None,
        stream: bool = False) -> str:
    """The model's text, already paid for and counted. `stream` shows it while it is written. Raises StepFailed."""
    def on_text(piece: str) -> None:
        session.check_time()
        if stream:
            step.text.add(piece)

    shape = {"type": "json_schema", "json_schema": {"name": step.node.id, "schema": schema, "strict": True}}
    try:
        with pulse.keeping(session.saver):
            answer = session.host.complete(model=model, messages=[{"role": "user", "content": prompt}],
                                           response_format=shape if schema else None, on_text=on_text,
                                           silence=max(0.1, min(session.seconds_left, MODEL_SILENCE)))
    except HostFailed as failure:
        session.check_time()
        raise as_step_failure(failure) from failure
    session.spend(step, model, answer)
    if not answer.text.strip():
        raise TryAgain("The model answered with nothing.", code="model_output_empty", reason="model_output")
    return answer.text


def as_step_failure(failure: HostFailed) -> StepFailed:
    """Providers were already tried in turn by the gateway: what is still failing waits, then needs a person."""
    if failure.error_class == "transient":
        return TryAgain(failure.detail, code=failure.code, reason="model_unavailable",
                        delays=HOST_DELAYS if failure.code in HOST_AWAY else DELAYS)
    if failure.error_class == "policy":
        return PolicyRefused(failure.detail, code=failure.code)
    return RunFails(failure.detail, code=failure.code)


def model_json(text: str) -> Any:
    """The JSON that a model was asked for; some wrap it in a code fence. Raises TryAgain."""
    body = text.strip()
    if body.startswith("```"):
        body = body.split("\n", 1)[-1].rsplit("```", 1)[0]
    try:
        return _storable(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise TryAgain("The model's answer is not the JSON it was asked for.", code="model_output_invalid",
                       reason="model_output") from error


def _storable(value: Any) -> Any:
    """NUL and half characters, which JSON can spell, cannot be stored, and mean nothing."""
    match value:
        case str():
            return value.encode(errors="replace").decode().replace("\x00", "")
        case list():
            return [_storable(each) for each in value]
        case dict():
            return {_storable(name): _storable(each) for name, each in value.items()}
    return value
