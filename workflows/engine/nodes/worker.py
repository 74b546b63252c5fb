"""A worker: a model writes, or revises what it wrote."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from langgraph.types import Command

from workflows.engine.failures import TryAgain
from workflows.engine.nodes.model import ask, model_json
from workflows.engine.session import Session
from workflows.engine.state import State, channel, feedback_for, left_by, names, revision_of
from workflows.spec.nodes import Worker
from workflows.spec.templates import render


def run_worker(node: Worker, state: State, session: Session) -> Command:
    with session.step(node) as step:
        prompt = _prompt(node, state, session)
        schema = node.output if isinstance(node.output, dict) else None
        text = ask(session, step, model=node.model, prompt=prompt, schema=schema, stream=True)
        output = _checked(text, schema) if schema else text
        step.revision = revision_of(state, node.id) + 1
        step.told.update(revision=step.revision, characters=len(text))
        left = {"value": output, "revision": step.revision}
        return Command(update={channel(node.id): left}, goto=node.next or "__end__")


def _prompt(node: Worker, state: State, session: Session) -> str:
    """The template's text. What is to be revised, and why, is added when the template leaves it out."""
    prompt = str(render(node.prompt, names(state, session.spec, session.run.input, worker=node.id)))
    feedback = feedback_for(state, node.id)
    earlier = left_by(state, node.id)
    if earlier and "<previous_draft>" not in prompt:
        prompt += f"\n\n<previous_draft>\n{_text(earlier['value'])}\n</previous_draft>"
    if feedback and "<feedback" not in prompt:
        prompt += "".join(f"\n\n<feedback>\n{each['text']}\n</feedback>" for each in feedback)
    return prompt


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _checked(text: str, schema: dict[str, Any]) -> Any:
    output = model_json(text)
    try:
        jsonschema.validate(output, schema, cls=jsonschema.Draft202012Validator)
    except jsonschema.ValidationError as error:
        raise TryAgain(f"The model's answer does not fit the schema: {error.message[:300]}",
                       code="model_output_invalid", reason="model_output") from error
    return output
