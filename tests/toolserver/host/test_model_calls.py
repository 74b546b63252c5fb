"""Model calls pass through the host as they come, for the worker that holds the run and nobody else."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route


@pytest.fixture
def provider():
    """A model provider on loopback that speaks OpenAI's streaming protocol, a word each 50 ms, for as long as it is
    listened to: `said` counts its words, `cancelled` tells that the line was closed before the end."""

    class Provider:
        said = 0
        cancelled = threading.Event()
        words = 400
        at_once = 0
        go_on = staticmethod(lambda: True)

    async def complete(request):
        async def events():
            Provider.at_once += 1
            try:
                while not Provider.go_on():
                    await asyncio.sleep(0.05)
                for number in range(Provider.words):
                    Provider.said = number + 1
                    delta = {"role": "assistant", "content": f"word{number} "}
                    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                             "choices": [{"index": 0, "delta": delta}]}
                    yield f"data: {json.dumps(chunk)}\n\n"
                    await asyncio.sleep(0.05)
                yield "data: [DONE]\n\n"
            except asyncio.CancelledError:
                Provider.cancelled.set()
                raise

        return StreamingResponse(events(), media_type="text/event-stream")

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        Provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield Provider
        server.should_exit = True
        thread.join(5)


@pytest.fixture
def alias(host, team, api, provider):
    """The team's alias `writer`, with a key, for that provider."""
    admin, base = api(team.admin), f"/api/v1/tenants/{team.tenant.slug}"
    assert admin.post(f"{base}/credentials/", {"name": "key", "kind": "model_key",
                                               "secret": {"api_key": "sk-loopback"}}).status_code == 201
    answer = admin.post(f"{base}/models/", {"alias": "writer", "providers": [
        {"model": "openai/m", "credential": "key", "api_base": provider.url}]})
    assert answer.status_code == 201, answer.content
    return "writer"


def ask(worker, **body):
    return worker.http.post(f"{worker.base}/v1/chat/completions", json={
        "messages": [{"role": "user", "content": "Hello"}], **body})


def test_the_models_are_listed(worker, alias):
    models = {m["id"]: m for m in worker.http.get(f"{worker.base}/v1/models").json()["data"]}
    assert models["offline-writer"]["offline"]
    assert not models[alias]["offline"]


def test_an_offline_model_answers_with_usage_and_provider(worker):
    draft = '<document name="a.md">\n- Version 2 opens files twice as fast\n</document>\nWrite.'
    answer = ask(worker, model="offline-writer", messages=[{"role": "user", "content": draft}])
    assert answer.status_code == 200, answer.text
    assert "twice as fast" in answer.json()["choices"][0]["message"]["content"]
    assert answer.json()["usage"]["cost"] == 0
    assert answer.json()["provider"]


def test_an_unknown_alias_is_a_typed_error(worker):
    answer = ask(worker, model="none")
    assert answer.status_code == 404
    assert set(answer.json()["error"]) >= {"code", "message", "retryable", "class"}


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"model":"offline-writer","model":"other"}', b"\xff"])
def test_a_body_that_is_none_is_a_typed_error(worker, body):
    answer = worker.http.post(f"{worker.base}/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert not answer.json()["error"]["retryable"]


def test_a_stream_comes_word_by_word(worker, alias, provider):
    provider.words = 20
    arrived = []
    with worker.http.stream("POST", f"{worker.base}/v1/chat/completions", json={
            "model": alias, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if "word" in line:
                arrived.append(time.monotonic())
    assert len(arrived) == 20
    assert arrived[-1] - arrived[0] > 0.5, "they came all at once"


@pytest.mark.parametrize("stream", [True, False])
def test_a_caller_that_goes_away_cancels_the_providers_call(worker, alias, provider, stream):
    body = {"model": alias, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}

    async def leave() -> None:
        async with httpx.AsyncClient(timeout=60, headers=worker.http.headers) as client:
            asking = asyncio.create_task(client.post(f"{worker.base}/v1/chat/completions", json=body))
            async with asyncio.timeout(60):
                while not provider.said:
                    await asyncio.sleep(0.02)
            asking.cancel()
            await asyncio.wait([asking])

    asyncio.run(leave())
    assert provider.cancelled.wait(15)  # it would go on for 20 s
    assert provider.said < provider.words


def test_web_tries_an_alias_out(team, api, alias, provider, host):
    provider.words = 3
    admin = api(team.admin)
    base = f"/api/v1/tenants/{team.tenant.slug}/models"
    tried = admin.post(f"{base}/offline-writer/test/").json()
    assert tried["ok"], tried
    assert admin.post(f"{base}/none/test/").status_code == 404
    assert api(team.editor).post(f"{base}/offline-writer/test/").status_code == 403


@pytest.mark.timeout(180)
def test_as_many_calls_of_one_team_as_a_worker_has_turns_stream_at_once(worker, alias, provider):
    """None is refused, cut off or left to wait for another's end: the provider says nothing before it has them all."""
    calls = 260
    provider.words = 3
    provider.go_on = lambda: provider.at_once >= calls

    async def call(http: httpx.AsyncClient) -> str:
        answer = await http.post(f"{worker.base}/v1/chat/completions", json={
            "model": alias, "messages": [{"role": "user", "content": "Hello"}], "stream": True})
        return answer.text

    async def all_at_once() -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(headers=worker.http.headers, timeout=120, limits=limits) as http:
            return await asyncio.gather(*(call(http) for _ in range(calls)))

    answers = asyncio.run(all_at_once())
    assert [answer for answer in answers if "word2" not in answer] == []
