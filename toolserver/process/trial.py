"""`POST /test`: does a model alias answer, does a credential open its door? Nothing is sent, nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from countersign.errors import CountersignError
from toolserver.process.config import SealedCredential, TenantConfig
from toolserver.process.models import gateway
from toolserver.process.models.aliases import find_alias
from toolserver.process.models.endpoints import error_response
from toolserver.process.models.errors import ModelError, RequestUnreadable
from toolserver.process.models.requests import ChatRequest
from toolserver.tools.smtp_session import SmtpCredential, signed_in

QUESTION = ("Answer with the word ready.\n<document name=\"trial.md\">\n"
            "- This sentence is here so that the offline writer has something to quote\n</document>\n"
            "<draft>\n# Trial\n</draft>")


class TrialRequest(BaseModel):
    """One of the two: an alias, or a credential's name or id."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    credential: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> TrialRequest:
        if (self.model is None) == (self.credential is None):
            raise ValueError("Name either a model alias or a credential.")
        return self


def trial_route(config: Callable[[], TenantConfig]) -> Route:
    async def test(request: Request) -> JSONResponse:
        try:
            asked = TrialRequest.model_validate_json(await request.body())
        except ValidationError:
            return error_response(RequestUnreadable('Send {"model": "<alias>"} or {"credential": "<name or id>"}.'))
        started = time.monotonic()
        try:
            said = await (_try_model(config(), asked.model) if asked.model is not None
                          else _try_credential(config(), asked.credential or ""))
        except CountersignError as error:
            said = {"ok": False, "code": error.code, "detail": error.detail, "retryable": error.retryable}
        return JSONResponse(said | {"seconds": round(time.monotonic() - started, 3)})

    return Route("/test", test, methods=["POST"])


async def _try_model(config: TenantConfig, alias: str) -> dict[str, Any]:
    """Every provider is tried, not only the first that answers: a fallback that is broken is found out now."""
    found = find_alias(config, alias)
    results = []
    for provider in found.providers:
        only = found.model_copy(update={"alias": "trial", "providers": [provider]})
        alone = config.model_copy(update={"models": [only]})
        try:
            answer = await gateway.complete(alone, ChatRequest.model_validate(
                {"model": "trial", "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 16}))
            results.append({"model": provider.model, "ok": True, "usage": answer["usage"]})
        except ModelError as error:
            results.append({"model": provider.model, "ok": False, "code": error.code, "detail": error.detail})
    broken = next((result for result in results if not result["ok"]), None)
    return {"ok": broken is None, "providers": results} | (
        {"code": broken["code"], "detail": broken["detail"]} if broken else {})


async def _try_credential(config: TenantConfig, name: str) -> dict[str, Any]:
    credential = next((c for c in config.credentials if name in (c.name, str(c.id))), None)
    if credential is None:
        return {"ok": False, "code": "credential_missing", "detail": "There is no such credential.", "retryable": False}
    secret = config.open(credential)
    if credential.kind != "smtp":
        return {"ok": True, "detail": "It opens. It is tried together with a model alias that uses it."}
    return await anyio.to_thread.run_sync(_try_smtp, credential, secret)


def _try_smtp(credential: SealedCredential, secret: dict[str, Any]) -> dict[str, Any]:
    try:
        smtp = SmtpCredential.model_validate(secret)
    except ValidationError:
        return {"ok": False, "code": "credential_incomplete", "detail": "It is incomplete. Enter it again."}
    with signed_in(smtp):
        return {"ok": True, "detail": f"{smtp.host} greets and lets us in."}
