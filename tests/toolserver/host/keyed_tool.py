"""A tool whose provider takes our key, and that provider: a shop that makes one order of each `Idempotency-Key`.

No tool of the platform has such a provider yet. A tenant's process gets this one from `keyed_preload`.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from toolserver.tools.contract import CallContext, InDoubt


class Order(BaseModel):
    shop: str
    item: str


class PlaceOrder:
    """Says of itself that it may be called twice: the shop sees to that, by the key, not the tool."""

    name, title, description = "orders.place", "Place an order", "Orders an item."
    arguments, credential_kind = Order, None
    annotations = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True}

    def execute(self, arguments: Order, context: CallContext) -> dict[str, Any]:
        context.begin()
        try:
            answer = httpx.post(arguments.shop, json={"item": arguments.item}, trust_env=False,
                                headers={"Idempotency-Key": context.idempotency_key})
        except httpx.HTTPError as error:
            raise InDoubt("The shop did not answer.") from error
        return answer.json()


class Shop:
    """A context manager. `asked` counts requests by key, `orders` is what came of them; each leaves a file in `folder`
    (a repeated request leaves none)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.orders: dict[str, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Shop:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                content = json.dumps({"order": shop.order(self.headers["Idempotency-Key"])}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.folder.mkdir()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/orders"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def order(self, key: str) -> int:
        with self._lock:
            self.asked[key] += 1
            if key not in self.orders:
                self.orders[key] = len(self.orders) + 1
                (self.folder / str(self.orders[key])).touch()
            return self.orders[key]
