"""The offline models as a litellm provider, so that a draft without a network takes the same path as any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import litellm
from litellm.types.utils import GenericStreamingChunk

from toolserver.process.offline.drafter import NothingToDraftFrom, write_draft
from toolserver.process.offline.prompt import read_prompt
from toolserver.process.offline.reviewer import review
from toolserver.process.offline.structured import CannotFill, fill_schema, schema_asked_for, validate

NAME = "offline"
CHUNK_WORDS = 8


class OfflineModels(litellm.CustomLLM):
    """`offline/drafter` writes, `offline/reviewer` judges. Both read the prompt and nothing else."""

    async def acompletion(self, model: str, messages: list, model_response: litellm.ModelResponse,
                          optional_params: dict, **_: Any) -> litellm.ModelResponse:
        text = await _answer(model, messages, optional_params)
        model_response.model = f"{NAME}/{model}"
        model_response.choices[0].message.content = text
        model_response.choices[0].finish_reason = "stop"
        model_response.usage = litellm.Usage(**_usage(messages, text))
        return model_response

    async def astreaming(self, model: str, messages: list, optional_params: dict,
                         **_: Any) -> AsyncIterator[GenericStreamingChunk]:
        text = await _answer(model, messages, optional_params)
        for part in _parts(text):
            yield GenericStreamingChunk(text=part, is_finished=False, finish_reason="", index=0, tool_use=None,
                                        usage=None)
            await asyncio.sleep(0)
        yield GenericStreamingChunk(text="", is_finished=True, finish_reason="stop", index=0, tool_use=None,
                                    usage=_usage(messages, text))


def register() -> None:
    """Make litellm know `offline/…`. Safe to repeat."""
    others = [entry for entry in litellm.custom_provider_map if entry["provider"] != NAME]
    litellm.custom_provider_map = [*others, {"provider": NAME, "custom_handler": OfflineModels()}]
    litellm.utils.custom_llm_setup()


async def _answer(model: str, messages: list, options: dict) -> str:
    """Parsing is plain work for the processor: it is done in a thread, so that other calls go on."""
    try:
        return await asyncio.to_thread(_write if model.rpartition("/")[2] == "drafter" else _judge, messages, options)
    except (NothingToDraftFrom, CannotFill) as error:
        raise litellm.BadRequestError(str(error), model=f"{NAME}/{model}", llm_provider=NAME) from error


def _write(messages: list, options: dict) -> str:
    prompt = read_prompt(messages)
    schema = schema_asked_for(options)
    draft = write_draft(prompt)
    return draft if schema is None else json.dumps(fill_schema(schema, draft), ensure_ascii=False)


def _judge(messages: list, options: dict) -> str:
    verdict = review(read_prompt(messages))
    schema = schema_asked_for(options)
    if schema is not None:
        validate(verdict, schema)
    return json.dumps(verdict, ensure_ascii=False)


def _parts(text: str) -> list[str]:
    words = text.split(" ")
    groups = [" ".join(words[n:n + CHUNK_WORDS]) for n in range(0, len(words), CHUNK_WORDS)]
    return [group + " " for group in groups[:-1]] + groups[-1:]


def _usage(messages: list, text: str) -> dict[str, int]:
    prompt = sum(_tokens(str(message.get("content") or "")) for message in messages)
    completion = _tokens(text)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _tokens(text: str) -> int:
    """As a tokenizer would count, roughly: nothing is billed by it."""
    return max(1, len(text) // 4)
