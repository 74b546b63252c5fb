"""A model alias: its providers in order, whole and streamed, over the protocols that they really speak."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

KEY = "sk-live-abcdef123456"


@pytest.fixture
def openai(tenant, provider):
    """Alias → OpenAI-compatible models of the loopback provider, in order."""
    tenant.add_credential("Main key", "model_key", {"api_key": KEY})

    def add(alias: str, *models: str, **params: Any) -> str:
        tenant.add_model(alias, *({"model": f"openai/{model}", "credential": "Main key", "api_base": provider.openai,
                                   "params": {"timeout": 1.0, **params}} for model in models))
        return alias

    return add


def chunks(answer: httpx.Response) -> list[dict]:
    lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def streamed(process, model: str) -> list[dict]:
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    with process.client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.status_code == 200
        return chunks(answer)


def words(parts: list[dict]) -> str:
    return "".join(part["choices"][0]["delta"].get("content", "") for part in parts if "choices" in part)


def test_an_openai_compatible_answer_with_its_usage_and_price(start, tenant, provider, openai) -> None:
    openai("main", "small", input_cost_per_token=0.001, output_cost_per_token=0.01)
    answer = start(tenant).ask("main", temperature=0.2, max_tokens=9).json()
    assert answer["choices"][0]["message"]["content"] == "It is ready."
    assert answer["usage"] == {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15, "cost": 0.051,
                               "cost_known": True}
    assert (answer["model"], answer["provider"], answer["offline"]) == ("openai/small", "openai", False)
    [request] = provider.requests
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    assert (request["body"]["temperature"], request["body"]["max_tokens"]) == (0.2, 9)


def test_a_price_nobody_knows_counts_as_nothing_and_says_so(start, tenant, openai) -> None:
    openai("main", "a-model-of-our-own")
    usage = start(tenant).ask("main").json()["usage"]
    assert (usage["cost"], usage["cost_known"]) == (0.0, False)


def test_a_known_model_is_priced_by_litellms_list(start, tenant, openai) -> None:
    openai("main", "gpt-4o-mini")
    usage = start(tenant).ask("main").json()["usage"]
    assert usage["cost_known"]
    assert 0 < usage["cost"] < 0.001


def test_a_stream_comes_in_pieces_and_ends_with_usage(start, tenant, openai) -> None:
    openai("main", "small", input_cost_per_token=0.001, output_cost_per_token=0.01)
    parts = streamed(start(tenant), "main")
    assert words(parts) == "It is ready."
    assert len(parts) == 4
    assert parts[-1]["choices"][0]["finish_reason"] == "stop"
    assert parts[-1]["usage"] == {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15, "cost": 0.051,
                                  "cost_known": True}
    assert not any("usage" in part for part in parts[:-1])


def test_ollama_whole_and_streamed(start, tenant, provider) -> None:
    tenant.add_model("local", {"model": "ollama_chat/tiny", "api_base": provider.ollama})
    process = start(tenant)
    answer = process.ask("local").json()
    assert answer["choices"][0]["message"]["content"] == "Local and ready."
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (7, 3)
    assert answer["provider"] == "ollama_chat"
    parts = streamed(process, "local")
    assert words(parts) == "Local and ready."
    assert parts[-1]["usage"]["completion_tokens"] == 3
    assert provider.requests[0]["body"]["messages"][0]["content"] == "Hello"


def test_a_json_schema_is_handed_on(start, tenant, provider, openai) -> None:
    openai("main", "gpt-4o-mini")
    tenant.add_model("local", {"model": "ollama_chat/tiny", "api_base": provider.ollama})
    schema = {"type": "object", "required": ["verdict"], "properties": {"verdict": {"type": "string"}},
              "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": schema}}
    process = start(tenant)
    assert process.ask("main", response_format=wanted).status_code == 200
    assert process.ask("local", response_format=wanted).status_code == 200
    assert provider.requests[0]["body"]["response_format"] == wanted
    assert provider.requests[1]["body"]["format"]["properties"] == schema["properties"]


@pytest.mark.parametrize("first", ["limited", "broken", "hangs", "wrong-key", "unknown", "picky", "too-long", "spent"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_fails_is_followed_by_the_next(start, tenant, provider, openai, first, stream) -> None:
    openai("main", first, "small")
    process = start(tenant)
    if stream:
        parts = streamed(process, "main")
        assert words(parts) == "It is ready."
        attempts = parts[-1]["attempts"]
    else:
        answer = process.ask("main").json()
        assert answer["choices"][0]["message"]["content"] == "It is ready."
        attempts = answer["attempts"]
    assert [attempt["model"] for attempt in attempts] == [f"openai/{first}"]
    assert provider.asked() == [first, "small"]


def test_a_stream_that_breaks_before_its_first_word_is_followed_by_the_next(start, tenant, provider, openai) -> None:
    openai("main", "silent", "small")
    assert words(streamed(start(tenant), "main")) == "It is ready."


@pytest.mark.parametrize("model", ["half", "ends-early", "stalls"])
def test_half_a_stream_is_transient_and_not_mixed_with_anothers(start, tenant, provider, openai, model) -> None:
    openai("main", model, "small")
    parts = streamed(start(tenant), "main")
    assert words(parts).startswith("It ")
    assert "ready" not in words(parts)
    error = parts[-1]["error"]
    assert (error["class"], error["retryable"]) == ("transient", True)
    assert provider.asked() == [model]


@pytest.mark.parametrize(("model", "status", "code", "kind"), [
    ("broken", 503, "model_unavailable", "transient"), ("hangs", 504, "model_timeout", "transient"),
    ("wrong-key", 502, "model_credential_refused", "permanent"),
    ("unknown", 502, "model_unknown_to_provider", "permanent"),
    ("picky", 422, "model_refused_request", "permanent"), ("declines", 422, "model_declined", "policy"),
    ("too-long", 422, "model_context_exceeded", "permanent"), ("spent", 502, "model_quota_used_up", "permanent"),
])
def test_each_failure_is_named_by_what_can_be_done_about_it(start, tenant, openai, model, status, code, kind) -> None:
    openai("main", model)
    answer = start(tenant).ask("main")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["class"]) == (status, code, kind)
    assert error["retryable"] is (kind == "transient")
    assert KEY not in answer.text
    assert "sk-live" not in answer.text


def test_a_provider_that_is_not_there_is_transient(start, tenant) -> None:
    tenant.add_model("main", {"model": "openai/x", "api_base": "http://127.0.0.1:9/v1", "params": {"timeout": 1}})
    answer = start(tenant).ask("main")
    assert (answer.status_code, answer.json()["error"]["class"]) == (503, "transient")


def test_when_all_fail_the_failure_that_may_pass_decides(start, tenant, openai) -> None:
    openai("main", "wrong-key", "broken", "unknown")
    error = start(tenant).ask("main").json()["error"]
    assert error["class"] == "transient"
    assert [attempt["code"] for attempt in error["attempts"]] == [
        "model_credential_refused", "model_unavailable", "model_unknown_to_provider"]


def test_a_policy_refusal_is_not_shopped_around(start, tenant, provider, openai) -> None:
    openai("main", "declines", "small")
    assert start(tenant).ask("main").json()["error"]["class"] == "policy"
    assert provider.asked() == ["declines"]


def test_a_short_retry_after_is_waited_out(start, tenant, provider, openai) -> None:
    provider.fails["limited"] = 1
    openai("main", "limited")
    started = time.monotonic()
    answer = start(tenant).ask("main").json()
    assert answer["choices"][0]["message"]["content"] == "It is ready."
    assert time.monotonic() - started >= 0.2
    assert provider.asked() == ["limited", "limited"]


def test_a_long_retry_after_is_the_callers_to_wait(start, tenant, provider, openai) -> None:
    provider.retry_after = "120"
    openai("main", "limited")
    answer = start(tenant).ask("main")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "120"
    assert answer.json()["error"]["retry_after"] == 120
    assert provider.asked() == ["limited"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_leaves_hangs_up_on_the_provider(start, tenant, provider, openai, stream) -> None:
    openai("main", "stalls" if stream else "hangs", timeout=30)
    process = start(tenant)
    body = {"model": "main", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}
    if stream:
        with process.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            next(answer.iter_lines())
    else:
        process.ask_and_leave(provider, body)
    assert provider.left.wait(60)
    assert process.client.get("/healthz").status_code == 200


def test_a_missing_credential_is_permanent_and_asks_nobody(start, tenant, provider) -> None:
    tenant.add_model("main", {"model": "openai/small", "credential": "Gone", "api_base": provider.openai})
    error = start(tenant).ask("main").json()["error"]
    assert (error["code"], error["class"]) == ("model_credential_missing", "permanent")
    assert provider.requests == []


def test_a_key_in_the_environment_is_never_used(start, tenant, provider, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    tenant.add_model("main", {"model": "openai/small", "api_base": provider.openai})
    start(tenant).ask("main")
    assert provider.requests[0]["headers"]["authorization"] == "Bearer none"


@pytest.mark.parametrize("model", ["bedrock/anthropic.claude", "vertex_ai/gemini", "sagemaker/mine"])
def test_the_machines_own_identity_is_not_a_tenants_to_use(start, tenant, model) -> None:
    tenant.add_model("main", {"model": model})
    error = start(tenant).ask("main").json()["error"]
    assert (error["code"], error["class"]) == ("model_provider_not_allowed", "permanent")


def test_a_caller_cannot_bring_a_provider_or_key_of_its_own(start, tenant, provider, openai) -> None:
    openai("main", "small")
    answer = start(tenant).ask("main", api_base="http://127.0.0.1:9", api_key="sk-mine", custom_llm_provider="azure",
                               mock_response="no")
    assert answer.json()["choices"][0]["message"]["content"] == "It is ready."
    assert provider.requests[0]["headers"]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("body", [{}, {"model": "offline-writer"}, {"model": "offline-writer", "messages": []},
                                  {"model": 3, "messages": [{}]}, []])
def test_what_is_no_chat_completion_is_refused(start, tenant, body) -> None:
    answer = start(tenant).client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["class"] == "permanent"


def test_the_list_of_models_labels_what_is_offline(start, tenant, openai) -> None:
    openai("main", "small")
    tenant.add_model("offline-writer", {"model": "openai/gpt-4o"})  # a name that says offline stays offline
    listed = {model["id"]: model for model in start(tenant).client.get("/v1/models").json()["data"]}
    assert {name: model["offline"] for name, model in listed.items()} == {
        "offline-writer": True, "offline-reviewer": True, "main": False}
    assert listed["offline-writer"]["providers"] == ["offline/drafter"]
    assert listed["main"]["providers"] == ["openai/small"]


def test_trying_an_alias_tries_every_provider(start, tenant, openai) -> None:
    openai("main", "small", "wrong-key")
    process = start(tenant)
    said = process.client.post("/test", json={"model": "main"}).json()
    assert (said["ok"], said["code"]) == (False, "model_credential_refused")
    assert [result["ok"] for result in said["providers"]] == [True, False]
    for alias in ("offline-writer", "offline-reviewer"):
        assert process.client.post("/test", json={"model": alias}).json()["ok"]
    assert process.client.post("/test", json={"model": "nope"}).json()["code"] == "model_alias_unknown"
    assert process.client.post("/test", json={}).status_code == 400


def test_the_end_of_litellms_streams_is_where_its_accounting_is_cut_off() -> None:
    """Were it gone, answers would be right and cost twice the work: see `gateway._spare_accounting`."""
    from toolserver.process.models.gateway import litellm

    assert callable(litellm.CustomStreamWrapper._finalize_completed_stream)
