"""Real tenant processes from a real fork server, and model providers on loopback that speak their protocols."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from nacl.public import PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from countersign.ids import new_id
from countersign.sealing import seal
from countersign.signing import SigningKey

HOST_TOKEN = "only-this-test-is-the-host"


@dataclass
class Tenant:
    """A tenant's keys, and the config that a host would send."""

    root: Path
    id: UUID = field(default_factory=new_id)
    signing: SigningKey = field(default_factory=SigningKey.generate)
    private: PrivateKey = field(default_factory=PrivateKey.generate)
    credentials: list[dict] = field(default_factory=list)
    models: list[dict] = field(default_factory=list)
    version: int = 1

    def add_credential(self, name: str, kind: str, secret: dict) -> None:
        credential = new_id()
        box = seal(secret, public_key=bytes(self.private.public_key), tenant=self.id, credential=credential, version=1)
        self.credentials.append({"id": str(credential), "name": name, "kind": kind, "version": 1,
                                 "sealed": base64.b64encode(box).decode()})

    def add_model(self, alias: str, *providers: dict) -> None:
        self.models.append({"alias": alias, "providers": list(providers)})

    def config(self) -> dict[str, Any]:
        return {"version": self.version, "tenant": str(self.id), "host_token": HOST_TOKEN,
                "private_key": base64.b64encode(bytes(self.private)).decode(),
                "verify_keys": [self.signing.verify_key.dump()], "artifacts_root": str(self.root),
                "credentials": self.credentials, "models": self.models}


@dataclass
class TenantProcess:
    process: Any
    pipe: Connection
    client: httpx.Client
    socket_path: str

    def hear(self, seconds: float = 20) -> dict:
        assert self.pipe.poll(seconds), "the process said nothing"
        return json.loads(self.pipe.recv_bytes())

    def say(self, message: dict) -> dict:
        self.pipe.send_bytes(json.dumps(message).encode())
        return self.hear()

    def rpc(self, method: str, params: dict | None = None) -> dict:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        return self.client.post("/mcp", json=body, headers={"accept": "application/json"}).json()

    def ask(self, model: str, text: str = "Hello", **more: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return self.client.post("/v1/chat/completions", json=body)


    def ask_and_leave(self, provider: Provider, body: dict[str, Any],
                      meanwhile: Callable[[], None] = lambda: None) -> None:
        """Ask for a completion, and hang up once the provider has been asked and `meanwhile` is done."""
        async def leave() -> None:
            transport = httpx.AsyncHTTPTransport(uds=self.socket_path)
            async with httpx.AsyncClient(transport=transport, base_url="http://tenant", headers=self.client.headers,
                                         timeout=60) as client:
                asking = asyncio.create_task(client.post("/v1/chat/completions", json=body))
                async with asyncio.timeout(60):
                    while not provider.requests:
                        await asyncio.sleep(0.02)
                await asyncio.to_thread(meanwhile)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

        asyncio.run(leave())


Start = Callable[..., TenantProcess]


@pytest.fixture(scope="session")
def forkserver() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["toolserver.process.preload"])
    return context


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    return Tenant(tmp_path / "artifacts")


@pytest.fixture
def launch(forkserver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], TenantProcess]]:
    """Fork a process that has been told nothing yet."""
    from toolserver.process.main import serve

    with contextlib.ExitStack() as stack:
        def run() -> TenantProcess:
            path = str(tmp_path_factory.mktemp("s") / "s")
            ours, theirs = forkserver.Pipe()
            process = forkserver.Process(target=serve, args=(theirs, path))
            process.start()
            theirs.close()
            client = httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://tenant", timeout=30,
                                  headers={"authorization": f"Bearer {HOST_TOKEN}"})
            stack.callback(_end, process, ours, client)
            return TenantProcess(process, ours, client, path)

        yield run


def _end(process: Any, pipe: Connection, client: httpx.Client) -> None:
    client.close()
    pipe.close()
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join(5)


@pytest.fixture
def start(launch) -> Start:
    def run(tenant: Tenant) -> TenantProcess:
        running = launch()
        assert running.say(tenant.config()) ["ready"]
        return running

    return run


@dataclass
class Provider:
    """A model provider on loopback. The model's name says how it behaves: `limited`, `broken`, `hangs`, `half`, …"""

    requests: list[dict] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    retry_after: str = "0.2"
    fails: dict[str, int] = field(default_factory=dict)
    port: int = 0

    @property
    def openai(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def ollama(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self) -> list[str]:
        return [request["model"] for request in self.requests]

    async def _behave(self, request: Request, body: dict) -> Response | None:
        self.requests.append({"model": body["model"], "body": body, "headers": dict(request.headers)})
        model = body["model"]
        if self.fails.get(model, 1_000_000) <= 0:
            return None
        self.fails[model] = self.fails.get(model, 1_000_000) - 1
        if model == "hangs":
            with contextlib.suppress(asyncio.CancelledError):
                while not await request.is_disconnected():
                    await asyncio.sleep(0.02)
            self.left.set()
            return Response(status_code=499)
        status, error = _REFUSALS.get(model, (200, None))
        if error is None:
            return None
        headers = {"retry-after": self.retry_after} if status == 429 else {}
        kind = "invalid_request_error" if status < 500 else "server_error"
        return JSONResponse({"error": error | {"type": kind}}, status_code=status, headers=headers)

    async def chat_completions(self, request: Request) -> Response:
        body = await request.json()
        if refused := await self._behave(request, body):
            return refused
        if body.get("stream"):
            return StreamingResponse(self._sse(request, body["model"]), media_type="text/event-stream")
        message = {"role": "assistant", "content": "It is ready."}
        return JSONResponse({
            "id": "c1", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15}})

    async def _sse(self, request: Request, model: str) -> AsyncIterator[str]:
        def chunk(delta: dict, finish: str | None = None, **more: Any) -> str:
            return "data: " + json.dumps({
                "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model,
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}) + "\n\n"

        yield chunk({"role": "assistant", "content": ""})
        if model == "silent":
            raise ConnectionError("breaks before it says anything")
        for n, word in enumerate(["It ", "is ", "ready."]):
            if model == "half" and n == 2:
                raise ConnectionError("breaks in the middle")
            if model == "ends-early" and n == 2:
                return
            if model == "stalls" and n == 1:
                try:
                    await asyncio.sleep(30)
                finally:
                    self.left.set()
            yield chunk({"content": word})
        yield chunk({}, "stop")
        yield "data: " + json.dumps({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model,
                                     "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 4,
                                                              "total_tokens": 15}}) + "\n\n"
        yield "data: [DONE]\n\n"

    async def ollama_chat(self, request: Request) -> Response:
        body = await request.json()
        if refused := await self._behave(request, body):
            return refused
        usage = {"prompt_eval_count": 7, "eval_count": 3, "total_duration": 1, "done_reason": "stop", "done": True}
        base = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z"}
        if not body.get("stream"):
            return JSONResponse(base | usage | {"message": {"role": "assistant", "content": "Local and ready."}})

        async def lines() -> AsyncIterator[str]:
            for word in ("Local ", "and ", "ready."):
                yield json.dumps(base | {"message": {"role": "assistant", "content": word}, "done": False}) + "\n"
            yield json.dumps(base | usage | {"message": {"role": "assistant", "content": ""}}) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def ollama_show(self, request: Request) -> Response:
        return JSONResponse({"model_info": {}, "template": "", "capabilities": ["completion"]})


_REFUSALS: dict[str, tuple[int, dict]] = {
    "limited": (429, {"message": "Slow down", "code": "rate_limit"}),
    "spent": (429, {"message": "You exceeded your quota", "code": "insufficient_quota"}),
    "broken": (500, {"message": "Oops", "code": "server"}),
    "wrong-key": (401, {"message": "Incorrect API key provided: sk-live-abcdef123456", "code": "invalid_api_key"}),
    "unknown": (404, {"message": "The model does not exist", "code": "model_not_found"}),
    "picky": (400, {"message": "Bad value; your key was sk-live-abcdef123456", "code": "bad_value"}),
    "declines": (400, {"message": "Your request was rejected as a result of our safety system.",
                       "code": "content_policy_violation"}),
    "too-long": (400, {"message": "This model's maximum context length is 8 tokens",
                       "code": "context_length_exceeded"}),
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    speaks = Provider()
    app = Starlette(routes=[Route("/v1/chat/completions", speaks.chat_completions, methods=["POST"]),
                            Route("/api/chat", speaks.ollama_chat, methods=["POST"]),
                            Route("/api/show", speaks.ollama_show, methods=["POST"])])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    speaks.port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield speaks
    server.should_exit = True
    thread.join(20)
    listener.close()
