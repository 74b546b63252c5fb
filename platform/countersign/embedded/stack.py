"""The whole platform on one machine: five processes, each with what it may hold and nothing else (design §1)."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from countersign.database.roles import role_url
from countersign.embedded.nursery import Born, Nursery
from countersign.embedded.secrets import Secrets
from countersign.embedded.services import Services
from countersign.environment import ROLE_OF_PROCESS, database_settings

ROOT = Path(__file__).resolve().parents[3]
#: What a child must not inherit from whoever starts it.
WITHHELD = ("DATABASE_URL", "DATABASE_OWNER_URL", "GRANT_SIGNING_KEY", "GRANT_VERIFY_KEYS", "VAULT_KEY", "SECRET_KEY",
            "EMAIL_URL", "COUNTERSIGN_PROCESS")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel ends this child when its parent is gone, even by SIGKILL (Linux)."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process of the platform, and how often it had to be started again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path | None = None
    nursery: Nursery | None = None
    process: subprocess.Popen | Born | None = None
    started: float = 0
    backoff: float = 0.5
    due: float = 0

    def start(self) -> None:
        """From the nursery, where there is one; by itself otherwise."""
        self.started = time.monotonic()
        if self.nursery:
            self.process = self.nursery.bear(self.command[1:], self.environment, self.log)
            return
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(self.command, env=self.environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, preexec_fn=die_with_parent, process_group=0)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        try:
            if self.process:
                self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Stack:
    """Started by `start`, watched by `watch`, ended by `stop`. `say` gets a sentence for whoever is looking."""

    services: Services
    secrets: Secrets
    state: Path
    port: int
    email_url: str
    toolserver_port: int = field(default_factory=free_port)
    logs: Path | None = None
    say: Callable[[str], None] = print
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    nursery: Nursery = field(default_factory=Nursery)
    children: dict[str, Child] = field(default_factory=dict)
    stopping: bool = False
    watching: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def migrate(self) -> None:
        """Bring the database up to date as its owner, in this process, over a connection of its own."""
        from django.core.management import call_command
        from django.db import connections

        owner = database_settings(self.services.owner_url)
        connections.settings["owner"] = {**connections.settings["default"], **owner}
        try:
            call_command("migrate", database="owner", interactive=False, verbosity=0)
        finally:
            connections["owner"].close()
            del connections["owner"], connections.settings["owner"]

    def environment(self, process: str) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if key not in WITHHELD}
        environment = {
            **inherited,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
            "PYTHONUNBUFFERED": "1",
            "LANGGRAPH_STRICT_MSGPACK": "true",
            "COUNTERSIGN_ENV": "development",
            "COUNTERSIGN_PROCESS": process,
            "COUNTERSIGN_STATE": str(self.state),
            "DATABASE_URL": role_url(self.services.url, ROLE_OF_PROCESS[process], self.secrets.database),
            "REDIS_URL": self.services.redis_url,
            "PUBLIC_URL": self.url,
            "TOOLSERVER_URL": f"http://127.0.0.1:{self.toolserver_port}",
            "ARTIFACTS_DIR": str(self.state / "artifacts"),
        }
        if process == "web":
            environment |= {"SECRET_KEY": self.secrets.secret_key, "GRANT_SIGNING_KEY": self.secrets.grant_signing_key,
                            "EMAIL_URL": self.email_url}
        if process == "notify":
            environment |= {"EMAIL_URL": self.email_url}
        if process == "toolserver":
            environment |= {"GRANT_VERIFY_KEYS": self.secrets.grant_verify_key, "VAULT_KEY": self.secrets.vault_key}
        return {**environment, **self.extra_environment}

    def command(self, process: str) -> list[str]:
        arguments = {
            "web": ["web", "--port", str(self.port)],
            "worker": ["worker", "--queue", "runs"],
            "notify": ["worker", "--queue", "notify", "--threads", "2"],
            "scheduler": ["scheduler"],
            "toolserver": ["toolserver", "--port", str(self.toolserver_port)],
        }[process]
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def start(self) -> None:
        if self.logs:
            self.logs.mkdir(parents=True, exist_ok=True)
        for name in ROLE_OF_PROCESS:
            self.children[name] = Child(name, self.command(name), self.environment(name),
                                        self.logs / f"{name}.log" if self.logs else None, self.nursery)
        for child in reversed(self.children.values()):  # the toolserver first: it has the most to load
            child.start()

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Until web answers that everything it needs is there. Raises RuntimeError saying what is not."""
        deadline = time.monotonic() + seconds
        answer = "web does not answer"
        with httpx.Client(timeout=2, trust_env=False, verify=False) as client:  # no TLS here, and so no 20 ms for it
            while time.monotonic() < deadline:
                self.watch()
                try:
                    response = client.get(f"{self.url}/readyz")
                    if response.status_code == 200:
                        return
                    answer = json.dumps(response.json().get("checks"))
                except (httpx.HTTPError, ValueError):
                    pass
                time.sleep(0.05)
        raise RuntimeError(f"The platform is not ready after {seconds:.0f} s: {answer}")

    def watch(self) -> None:
        """Start again what died, with a growing pause. Call it a few times a second; several threads may."""
        with self.watching:
            for child in list(self.children.values()):
                self._mind(child)

    def _mind(self, child: Child) -> None:
        code = child.process.poll()
        if code is None or self.stopping:
            if time.monotonic() - child.started > 60:
                child.backoff = 0.5
            return
        if not child.due:
            child.due = time.monotonic() + child.backoff
            self.say(f"{child.name} stopped ({_ended(code)}); starting it again in {child.backoff:g} s")
            child.backoff = min(child.backoff * 2, 30)
        elif time.monotonic() >= child.due:
            child.due = 0
            child.start()

    def stop(self) -> None:
        """End every process, web first, the toolserver last. Safe to repeat."""
        self.stopping = True
        for child in self.children.values():
            child.stop()
        for child in self.children.values():
            child.wait(10)
        self.nursery.end()


def _ended(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
