"""Where the processes of one machine's platform come from: a parent that has loaded what they share.

It is started with no secret and reads no settings: it has only imported libraries. Each process is forked from it, is
told its environment, and then does what `manage.py` would have done. So the libraries are in memory once instead of
five times, and a process that died is back in a third of the time. Elsewhere than on one machine each process is
started by itself.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

#: What two processes or more use, as far as it can be imported before there are settings.
SHARED = (
    "aiohttp", "asyncio", "concurrent.futures.thread", "email.mime.text", "ctypes", "django.core.management",
    "django.core.handlers.asgi", "django.contrib.auth.hashers", "django.contrib.postgres.fields",
    "django.core.serializers.json", "django.db.backends.postgresql.base", "django.db.models", "django.forms",
    "django.db.migrations.executor", "django.template.backends.django", "django.test.signals", "django.urls",
    "django.views.generic", "django.core.mail.backends.smtp", "django.utils.translation.trans_null", "asgiref.sync",
    "cryptography.hazmat.primitives.asymmetric.ed25519", "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.x509", "drf_spectacular.types", "dramatiq.brokers.redis", "httpx", "jinja2.sandbox", "jsonschema",
    "jwt", "langgraph.checkpoint.postgres", "langgraph.graph", "langgraph.runtime", "mcp",
    "mcp.client.streamable_http", "nacl.public", "prometheus_client", "psycopg.types.json", "psycopg_binary.pq",
    "psycopg_pool", "pydantic", "pydantic_settings", "redis.asyncio", "requests", "rfc8785", "sqlparse",
    "starlette.applications", "structlog", "throttled", "uritemplate", "uuid_utils.compat", "uvicorn.lifespan.on",
    "uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvloop", "yaml",
)


class Nursery:
    """The parent's side. Started when first needed, or early by `warm`; ended by `end`, or with whoever made it."""

    def __init__(self) -> None:
        self._server: subprocess.Popen | None = None
        self._talk: socket.socket | None = None
        self._heard = b""
        self._ended: dict[int, int] = {}
        self._born: list[int] = []

    def warm(self) -> None:
        """Begin to load. Safe to repeat; one that died is started anew."""
        from countersign.embedded.stack import die_with_parent

        if self._server is not None and self._server.poll() is None:
            return
        ours, theirs = socket.socketpair()
        keep = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")
        poor = {name: os.environ[name] for name in keep if name in os.environ}
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "countersign.embedded.nursery", str(theirs.fileno())], cwd=ROOT,
                env={**poor, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
                     "LANGGRAPH_STRICT_MSGPACK": "true"},
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, process_group=0)
        self._talk, self._heard = ours, b""

    def bear(self, argv: list[str], environment: dict[str, str], log: Path | None) -> Born:
        """A process that runs `argv` as `manage.py` would, writing to `log`, or to where this one writes."""
        self.warm()
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log.open("ab")).fileno() if log else 2
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [out]))]
            message = json.dumps({"argv": argv, "environment": environment}).encode()
            self._talk.sendmsg([len(message).to_bytes(4, "big")], ancillary)
            self._talk.sendall(message)
        while not self._born:
            self._hear(60)
        return Born(self, self._born.pop(0))

    def status(self, pid: int, seconds: float = 0) -> int | None:
        """How it ended, as `Popen.returncode`; None while it runs."""
        if pid not in self._ended:
            self._hear(seconds)
        if pid not in self._ended and self._server.poll() is not None and not Path(f"/proc/{pid}").exists():
            self._ended[pid] = -signal.SIGTERM  # they end with the nursery
        return self._ended.get(pid)

    def end(self) -> None:
        if self._server is not None:
            self._talk.close()
            self._server.wait(10)
            self._server = None

    def _hear(self, seconds: float) -> None:
        """Take in what the nursery has said, or says within so many seconds. Raises RuntimeError when it died."""
        if not select.select([self._talk], [], [], seconds)[0]:
            return
        data = self._talk.recv(65536)
        if not data and seconds >= 60:
            raise RuntimeError("The process that the others are forked from has died.")
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            pid, *status = json.loads(line)
            if status:
                self._ended[pid] = status[0]
            else:
                self._born.append(pid)


class Born:
    """One process, with the part of `subprocess.Popen`'s interface that its watchers use."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        return self.nursery.status(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + (timeout if timeout is not None else 1e9)
        while (status := self.nursery.status(self.pid, 0.02)) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _serve(talk: socket.socket) -> list[str] | None:
    """Fork whoever is asked for, and tell who ended. Returns the arguments in each child, None in the parent's end."""
    import gc

    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    while True:
        ready, _, _ = select.select([talk, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(talk)
        if talk in ready:
            head, fds, _, _ = socket.recv_fds(talk, 4, 1)
            if not head:
                return None
            message = json.loads(_exactly(talk, int.from_bytes(head, "big")))
            parent, pid = os.getpid(), os.fork()
            if not pid:
                talk.close()
                _become(message["environment"], fds[0], parent)
                return message["argv"]
            os.close(fds[0])
            talk.sendall(b"[%d]\n" % pid)


def _exactly(talk: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += talk.recv(size - len(data))
    return data


def _tell_ends(talk: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            talk.sendall(b"[%d, %d]\n" % (ended[0], os.waitstatus_to_exitcode(ended[1])))


def _become(environment: dict[str, str], out: int, parent: int) -> None:
    """What a process that was started by itself would have: its own group, environment, output and signals."""
    from countersign.embedded.stack import die_with_parent

    os.setpgid(0, 0)
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.close(out)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()


def main(fd: int) -> None:
    from importlib import import_module

    from setproctitle import getproctitle, setproctitle

    getproctitle()  # finds where the title stands, which it cannot once the environment is another
    talk = socket.socket(fileno=fd)
    for name in SHARED:
        import_module(name)
    argv = _serve(talk)
    if argv:
        from django.core.management import execute_from_command_line

        setproctitle(f"countersign {' '.join(argv[1:])}")
        sys.argv = argv
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.settings")
        execute_from_command_line(argv)


if __name__ == "__main__":
    main(int(sys.argv[1]))
