"""The host's catalogue on loopback: a tenant's models and tools, for whoever shows its web token."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from countersign.errors import CountersignError
from countersign.signing import VerifyKey
from countersign.web_token import Scope, verify_web_token

FILES_WRITE = {
    "name": "files.write", "description": "Writes a file.",
    "inputSchema": {"type": "object", "additionalProperties": False, "required": ["name", "content"], "properties": {
        "name": {"type": "string", "maxLength": 120}, "content": {"type": "string"}}},
    "annotations": {"readOnlyHint": False, "idempotentHint": True},
    "_meta": {"countersign/schema_hash": "sha256:files"},
}
EMAIL_SEND = {
    "name": "email.send", "description": "Sends one message.",
    "inputSchema": {"type": "object", "additionalProperties": False, "required": ["to", "subject", "body"],
                    "properties": {"to": {"type": "array", "items": {"type": "string"}}, "subject": {"type": "string"},
                                   "body": {"type": "string"}}},
    "annotations": {"readOnlyHint": False}, "_meta": {"countersign/schema_hash": "sha256:mail"},
}
WEB_SEARCH = {
    "name": "web.search", "description": "Only reads.",
    "inputSchema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}},
    "annotations": {"readOnlyHint": True}, "_meta": {"countersign/schema_hash": "sha256:search"},
}


class LoopbackCatalogue:
    """`on_request` is called in the server's thread before each answer. Tools come in pages of two."""

    def __init__(self, verify_keys: list[str]) -> None:
        self.keys = [VerifyKey.load(key) for key in verify_keys]
        self.models = [{"id": "offline-writer", "label": "Writer", "offline": True},
                       {"id": "offline-reviewer", "label": "Reviewer", "offline": True}]
        self.tools: list[dict[str, Any]] = [FILES_WRITE, EMAIL_SEND, WEB_SEARCH]
        self.on_request: Callable[[], None] = lambda: None
        self.asked: list[tuple[str, UUID, str]] = []
        self.status = 200

    def __enter__(self) -> LoopbackCatalogue:
        catalogue = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                catalogue.answer(self, lambda _: {"data": catalogue.models}, "v1/models")

            def do_POST(self) -> None:
                if self.path.endswith("/preview"):
                    catalogue.answer(self, lambda call: {"ok": False, "code": "nothing_to_preview",
                                                         "detail": call["tool"]}, "preview", scope="preview")
                else:
                    catalogue.answer(self, catalogue.list_tools, "mcp")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, handler: BaseHTTPRequestHandler, told: Callable[[dict], dict], path: str,
               scope: Scope = "catalogue") -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        tenant = UUID(handler.path.split("/")[2])
        status, said = self.status, {}
        try:
            token = handler.headers["Authorization"].removeprefix("Bearer ")
            claims = verify_web_token(token, self.keys, tenant=tenant, scope=scope)
            self.asked.append((path, tenant, str(claims.sub)))
            self.on_request()
            said = told(json.loads(body) if body else {})
        except CountersignError as error:
            status, said = error.status, {"error": {"code": error.code}}
        content = json.dumps(said).encode()
        handler.send_response(status if handler.path == f"/t/{tenant}/{path}" else 404)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def list_tools(self, message: dict[str, Any]) -> dict[str, Any]:
        assert message["method"] == "tools/list"
        start = int(message.get("params", {}).get("cursor", 0))
        page = {"tools": self.tools[start:start + 2]}
        if start + 2 < len(self.tools):
            page["nextCursor"] = str(start + 2)
        return {"jsonrpc": "2.0", "id": message["id"], "result": page}
