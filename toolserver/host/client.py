"""The host as the web process asks it, with a token for one tenant and one purpose. Call it outside transactions."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings

from countersign.database.context import tenant_context
from countersign.errors import Unavailable
from countersign.web_token import Scope, sign_web_token
from toolserver.host.models import TenantKey


class HostUnavailable(Unavailable):
    code = "toolserver_unavailable"
    detail = "The tool server does not answer just now. Try again in a moment."


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(60, connect=5), trust_env=False)


@dataclass(frozen=True)
class HostClient:
    """Raises HostUnavailable."""

    tenant_id: UUID
    user_id: UUID

    def public_key(self) -> bytes:
        """The tenant's sealing key. The first time, the host makes the pair."""
        with tenant_context(self.tenant_id):
            key = TenantKey.objects.values_list("public_key", flat=True).first()
        return bytes(key) if key else base64.b64decode(self._ask("keys", "POST", "keys")["public_key"])

    def models(self) -> list[dict[str, Any]]:
        return self._ask("catalogue", "GET", "v1/models")["data"]

    def tools(self) -> list[dict[str, Any]]:
        """As MCP lists them."""
        listed = self._ask("catalogue", "POST", "mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        return listed["result"]["tools"]

    def test(self, what: dict[str, Any]) -> dict[str, Any]:
        """Try a model alias (`{"model": alias}`); what does not work is said in the answer."""
        return self._ask("test", "POST", "test", what)

    def preview(self, call: dict[str, Any]) -> dict[str, Any]:
        """What a planned call would do; what stands in its way is said in the answer."""
        return self._ask("preview", "POST", "preview", call)

    def _ask(self, scope: Scope, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {sign_web_token(self.tenant_id, self.user_id, [scope])}",
                   "accept": "application/json, text/event-stream"}
        try:
            answer = _http().request(method, f"{settings.TOOLSERVER_URL}/t/{self.tenant_id}/{path}", json=body,
                                     headers=headers)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise HostUnavailable from error
        if answer.status_code == 200 and "error" not in said:
            return said
        raise HostUnavailable
