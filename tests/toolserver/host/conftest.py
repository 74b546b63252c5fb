"""A real host on loopback, signed in as `tools` to the suite's own Postgres, with real tenant processes behind it."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
VAULT_KEY = base64.urlsafe_b64encode(b"v" * 32).decode()
PROTOCOL = "2026-07-28"


@dataclass
class HostUnderTest:
    """One host process. `log` is what it and its tenants' processes wrote."""

    url: str
    artifacts: Path
    log: Path
    process: subprocess.Popen

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running_host(folder: Path, *options: str, script: Path = ROOT / "manage.py",
                 **environment: str) -> Iterator[HostUnderTest]:
    """`script` stands for `manage.py`: a host that is to be broken on purpose brings its own."""
    from django.db import connection

    from countersign.database.roles import role_url

    secret = os.environ["SECRET_KEY"]
    port, log, artifacts = free_port(), folder / "host.log", folder / "artifacts"
    head, _, query = os.environ["DATABASE_OWNER_URL"].partition("?")
    database = f"{head.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH", "GRANT_VERIFY_KEYS")
            if name in os.environ}
    command = [sys.executable, str(script), "toolserver", "--port", str(port), *options]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, cwd=ROOT,
            env={**kept, "COUNTERSIGN_ENV": "test", "COUNTERSIGN_PROCESS": "toolserver", "SECRET_KEY": secret,
                 "DATABASE_URL": role_url(database, "tools", secret), "VAULT_KEY": VAULT_KEY,
                 "ARTIFACTS_DIR": str(artifacts), **environment})
    host = HostUnderTest(f"http://127.0.0.1:{port}", artifacts, log, process)
    try:
        _wait_until_it_answers(host)
        yield host
    finally:
        if process.poll() is None:
            host.stop()


def _wait_until_it_answers(host: HostUnderTest, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{host.url}/healthz", timeout=2).status_code == 200:
                return
        assert host.process.poll() is None, host.log.read_text()[-4000:]
        assert time.monotonic() < deadline, "the host does not answer"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def start_host(django_db_setup, tmp_path_factory):
    """`with start_host() as host:` for a test that needs one of its own."""

    def start(*options, **environment):
        return running_host(tmp_path_factory.mktemp("host"), *options, **environment)

    return start


@pytest.fixture(scope="session")
def shared_host(start_host) -> Iterator[HostUnderTest]:
    with start_host() as running:
        yield running


@pytest.fixture
def host(shared_host, settings) -> HostUnderTest:
    """The suite's host, which the web process's own code finds too."""
    settings.TOOLSERVER_URL = shared_host.url
    return shared_host


@dataclass
class Team:
    """A tenant with an editor, a role *Editor* that may decide, and a run that a worker holds."""

    tenant: Any
    editor: Any
    admin: Any
    role: Any
    scope: Any
    as_role: Any
    run: UUID = field(default=None)
    token: str = ""

    def hold_run(self, *, seconds: float = 3600) -> None:
        """A new run, and the lease token of the worker that holds it."""
        from countersign.ids import new_id

        self.run = new_id()
        self.token = self.lease(self.run, epoch=1, seconds=seconds)

    def lease(self, run: UUID, *, epoch: int, seconds: float = 3600) -> str:
        import hashlib
        from datetime import timedelta

        from countersign.clock import now
        from countersign.doorbells.models import Lease

        token = f"lease_{run}.{epoch}.{secrets.token_urlsafe(32)}"
        with self.as_role("engine"):
            Lease.objects.update_or_create(subject_id=run, defaults={
                "tenant_id": self.tenant.id, "epoch": epoch, "expires_at": now() + timedelta(seconds=seconds),
                "token_hash": hashlib.sha256(token.encode()).hexdigest()})
        return token

    def request(self, calls: list[dict[str, Any]], *, gate: str = "gate", **policy: Any):
        from approvals.policies import Policy, policy_hash, resolve_policy
        from approvals.services import Subject, open_request
        from countersign.database.context import tenant_context

        with self.as_role("engine"), tenant_context(self.tenant.id):
            resolved = resolve_policy(Policy.model_validate(
                {"stages": [{"rules": [{"role": self.role.name, "count": 1}]}], **policy}))
            return open_request(
                scope=self.scope, subject=Subject("run", self.run), gate=gate, revision=1, title="A letter",
                plan={"version": "1", "policy_hash": policy_hash(resolved), "calls": calls}, policy=resolved,
                shown={"draft": "Hello", "format": "markdown", "verdict": None, "objections": [], "notes": []},
                started_by=None, authors=[])

    def approve(self, calls: list[dict[str, Any]], **options: Any) -> Approved:
        """The calls as approved by the editor, with their grants."""
        from approvals.queries import grants_of
        from approvals.services import record_decision
        from countersign.database.context import tenant_context

        request = self.request(calls, **options)
        with self.as_role("web"), tenant_context(self.tenant.id, user_id=self.editor.id):
            record_decision(request=request, by=self.editor, verdict="approve", revision=1,
                            plan_hash=request.plan_hash, channel="api")
            grants = {grant.call_id: grant.token for grant in grants_of(request.id)}
        return Approved(request, grants)

    def entries(self) -> list[Any]:
        from countersign.database.context import tenant_context
        from toolserver.host.models import LedgerEntry

        with tenant_context(self.tenant.id):
            return list(LedgerEntry.objects.order_by("id"))


@dataclass
class Approved:
    request: Any
    grants: dict[str, str]

    def key(self, call: str) -> str:
        return f"{self.request.id}:{call}"

    def meta(self, call: str, **changes: Any) -> dict[str, Any]:
        meta = {"countersign/grant": self.grants[call], "countersign/idempotency_key": self.key(call), **changes}
        return {key: value for key, value in meta.items() if value is not None}


@pytest.fixture
def make_team(transactional_db, make_tenant, make_member, as_role):
    from approvals.services import add_role_member, create_role, create_scope, set_permission
    from countersign.database.context import tenant_context
    from tenants.audit import Actor

    def make(slug: str = "acme") -> Team:
        tenant = make_tenant(slug)
        admin = make_member(tenant, f"admin@{slug}.example", "admin")
        editor = make_member(tenant, f"editor@{slug}.example", "editor")
        with tenant_context(tenant.id):
            actor = Actor.of(admin)
            role = create_role(name="Editor", actor=actor)
            add_role_member(role=role, user=editor, actor=actor)
            scope = create_scope("Letters")
            set_permission(scope, role, ["view", "run", "decide"], actor)
        team = Team(tenant, editor, admin, role, scope, as_role)
        team.hold_run()
        return team

    return make


@pytest.fixture
def team(make_team) -> Team:
    return make_team()


class Worker:
    """Calls the host as a worker does: raw JSON-RPC, so that a test can send what no client library would."""

    def __init__(self, host: HostUnderTest, tenant_id: UUID, token: str) -> None:
        self.base = f"{host.url}/t/{tenant_id}"
        self.http = httpx.Client(timeout=60, headers={"authorization": f"Bearer {token}"})

    def post(self, content: bytes) -> httpx.Response:
        return self.http.post(f"{self.base}/mcp", content=content, headers={
            "content-type": "application/json", "accept": "application/json, text/event-stream"})

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        import json

        answer = self.post(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}).encode())
        assert answer.headers["content-type"].startswith("application/json"), answer.text
        return answer.json()

    def call(self, tool: str, arguments: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
        return self.ask("tools/call", {"name": tool, "arguments": arguments, "_meta": meta})

    def schema_hash(self, tool: str) -> str:
        tools = {t["name"]: t for t in self.ask("tools/list")["result"]["tools"]}
        return tools[tool]["_meta"]["countersign/schema_hash"]


@pytest.fixture
def worker_of(host):
    """`worker_of(team)`: a worker that holds the team's run; `token` and `tenant_id` may be somebody else's."""

    def make(team: Team, *, token: str | None = None, tenant_id: UUID | None = None,
             at: HostUnderTest | None = None) -> Worker:
        return Worker(at or host, tenant_id or team.tenant.id, token or team.token)

    return make


@pytest.fixture
def worker(team, worker_of) -> Worker:
    return worker_of(team)


WRITE = {"name": "letter.md", "content": "Hello"}


@pytest.fixture
def planned(worker):
    """`planned("publish", "files.write", arguments)`: a planned call, pinned to the tool as it is."""

    def plan(id: str = "publish", tool: str = "files.write", arguments: dict[str, Any] = WRITE) -> dict[str, Any]:
        return {"id": id, "tool": tool, "schema_hash": worker.schema_hash(tool), "arguments": arguments}

    return plan
