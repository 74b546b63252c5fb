"""The offline models behind litellm: the path of every other model, with schemas, streams and honest refusals."""

from __future__ import annotations

import json

import litellm
import pytest
from jsonschema import validate

from toolserver.process.offline.provider import register

VERDICT = {
    "type": "object", "additionalProperties": False, "required": ["verdict", "summary", "checks"],
    "properties": {
        "verdict": {"enum": ["pass", "revise"]}, "summary": {"type": "string"},
        "checks": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["id", "passed", "note"],
            "properties": {"id": {"type": "string"}, "passed": {"type": "boolean"}, "note": {"type": "string"}}}},
    },
}
LETTER = {
    "type": "object", "additionalProperties": False, "required": ["title", "sections"],
    "properties": {
        "title": {"type": "string", "maxLength": 200}, "lead": {"type": "string"}, "word_count": {"type": "integer"},
        "sections": {"type": "array", "maxItems": 2, "items": {
            "type": "object", "required": ["title", "items"],
            "properties": {"title": {"type": "string"}, "items": {"type": "array", "items": {"type": "string"}}}}},
    },
}


@pytest.fixture(autouse=True)
def _registered() -> None:
    register()


def wanted(schema: dict) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def messages(documents: dict, more: str = "") -> list[dict]:
    text = "\n".join(f'<document name="{name}">\n{words}</document>' for name, words in documents.items())
    return [{"role": "system", "content": "You write newsletters."}, {"role": "user", "content": f"{text}\n{more}"}]


async def ask(model: str, prompt: list[dict], **more) -> litellm.ModelResponse:
    return await litellm.acompletion(model=f"offline/{model}", messages=prompt, **more)


async def test_a_draft_with_its_tokens_counted(notes) -> None:
    answer = await ask("drafter", messages(notes))
    assert answer.choices[0].message.content.startswith("# News from ")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "offline/drafter"
    assert answer.usage.prompt_tokens > 500
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_a_stream_says_the_same_as_the_whole(notes) -> None:
    whole = (await ask("drafter", messages(notes))).choices[0].message.content
    parts = [chunk.choices[0].delta.content or "" async for chunk in await ask("drafter", messages(notes), stream=True)]
    assert "".join(parts) == whole
    assert sum(bool(part) for part in parts) > 20


async def test_content_in_parts_is_read_too(notes) -> None:
    prompt = [{"role": "user", "content": [{"type": "text", "text": messages(notes)[1]["content"]}]}]
    assert (await ask("drafter", prompt)).choices[0].message.content.startswith("# ")


async def test_a_verdict_in_the_schema_of_the_workflow(notes) -> None:
    prompt = messages(notes, "<draft>\n# Title\n\n- Invented\n</draft>\n"
                             "<check id=\"sourced\">Every item is sourced</check>")
    answer = await ask("reviewer", prompt, response_format=wanted(VERDICT))
    verdict = json.loads(answer.choices[0].message.content)
    validate(verdict, VERDICT)
    assert verdict["verdict"] == "revise"
    assert [check["id"] for check in verdict["checks"]] == ["sourced"]


async def test_a_verdict_in_a_schema_that_it_cannot_keep_is_refused(notes) -> None:
    schema = {"type": "object", "required": ["score"], "properties": {"score": {"type": "number"}}}
    with pytest.raises(litellm.BadRequestError, match="cannot answer in this schema"):
        await ask("reviewer", messages(notes, "<draft>\n# Title\n</draft>"), response_format=wanted(schema))


async def test_a_draft_in_a_schema(notes) -> None:
    answer = await ask("drafter", messages(notes), response_format=wanted(LETTER))
    letter = json.loads(answer.choices[0].message.content)
    validate(letter, LETTER)
    assert letter["title"].startswith("News from ")
    assert letter["lead"].startswith("This issue covers")
    titles = [section["title"].split(" (")[0] for section in letter["sections"]]
    assert titles == ["Countersign platform 0.3.0", "Tool server"]
    assert all("](source:" in item for section in letter["sections"] for item in section["items"])
    assert letter["word_count"] > 100


@pytest.mark.parametrize("schema", [
    {"type": "object", "required": ["mood"], "properties": {"mood": {"type": "string"}}},
    {"type": "object", "required": ["title"], "properties": {"title": {"type": "number"}}},
    {"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "enum": ["A", "B"]}}},
])
async def test_a_schema_that_an_extract_cannot_fill_is_refused(notes, schema) -> None:
    with pytest.raises(litellm.BadRequestError, match="offline"):
        await ask("drafter", messages(notes), response_format=wanted(schema))


async def test_json_mode_without_a_schema(notes) -> None:
    answer = await ask("drafter", messages(notes), response_format={"type": "json_object"})
    assert json.loads(answer.choices[0].message.content)["title"].startswith("News from ")


async def test_no_documents_is_a_refusal(notes) -> None:
    with pytest.raises(litellm.BadRequestError, match="quotes from <document"):
        await ask("drafter", [{"role": "user", "content": "Write about whales."}])
