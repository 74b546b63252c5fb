"""What the engine's tests stand on: real roles, a real loopback host, a published version."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from countersign.embedded.nursery import Born, Nursery
from tests.workflow_stage import signed_in_as


@pytest.fixture
def process():
    """`with process("engine"): …` does what follows as that process's role. For tests that really commit."""
    return signed_in_as


@pytest.fixture
def pool(transactional_db, monkeypatch):
    """The engine's pool, signed in as the engine, in place of the process's own."""
    from django.db import connection

    from workflows.engine import lease
    from workflows.engine import pool as pools

    opened = pools.open_pool(connection.settings_dict | {"USER": "engine"}, most=4)
    monkeypatch.setattr(pools, "_pool", opened)
    yield opened
    lease.heart.rest()
    opened.close()


@pytest.fixture
def host(settings):
    """A toolserver host on loopback that drafts, judges and acts as the test says."""
    from tests.loopback_host import LoopbackHost, Outcome

    with LoopbackHost() as host:
        host.models["writer"] = lambda prompt: "# News\n\n## One\n\n- It rained. [source](source:a.md)\n"
        host.models["reviewer"] = lambda prompt: '{"verdict": "pass", "summary": "Good.", "checks": []}'
        host.tools["files.write"] = lambda call: Outcome(result={"name": call.arguments["name"]})
        host.tools["email.send"] = lambda call: Outcome(result={"sent": len(call.arguments["to"])})
        settings.TOOLSERVER_URL = host.url
        yield host


@pytest.fixture
def stage(pool, host, make_tenant, make_member, monkeypatch):
    """A team with an editor who may decide, and a newsletter workflow to run."""
    from tests.workflow_stage import Stage
    from workflows.engine import turn

    monkeypatch.setattr(turn, "advance_alone", turn.advance_here)  # a stage's turns are this process's own

    return Stage.set_up(make_tenant("acme"), make_member)


@pytest.fixture
def books(transactional_db):
    """chaos' view of the test's database."""
    from django.db import connection

    from countersign.chaos.books import Books

    database = connection.settings_dict
    return Books(f"postgresql://backup@/{database['NAME']}?host={database['HOST']}")


@pytest.fixture
def no_lease_check(transactional_db):
    """Saves that take whatever comes, whoever holds the run."""
    from django.db import connection

    functions = ("workflows_hold_lease", "workflows_release_lease")
    with signed_in_as("owner"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(name::regproc) FROM unnest(%s::text[]) AS name", [list(functions)])
        sound = [text for (text,) in cursor.fetchall()]
        for text in sound:
            cursor.execute(text.replace("IF NOT FOUND", "IF false"))
    yield
    with signed_in_as("owner"), connection.cursor() as cursor:
        for text in sound:
            cursor.execute(text)


class SharedNursery(Nursery):
    """Several threads of a test may start processes and look after them."""

    def __init__(self) -> None:
        super().__init__()
        self._one_at_a_time = threading.RLock()

    def bear(self, argv: list[str], environment: dict[str, str], log: Path | None) -> Born:
        with self._one_at_a_time:
            return super().bear(argv, environment, log)

    def status(self, pid: int, seconds: float = 0) -> int | None:
        with self._one_at_a_time:
            return super().status(pid, seconds)


@pytest.fixture(scope="session")
def nursery():
    """Where processes come from, as with `up`: their libraries are loaded once."""
    nursery = SharedNursery()
    yield nursery
    nursery.end()


@pytest.fixture
def start(host, tmp_path, nursery):
    """`start("worker")`: a process of the platform, on the test's database; `log` is its log. Ended with the test."""
    from django.db import connection

    started = []
    database = connection.settings_dict

    def begin(command: str, *arguments: str, role: str = "engine", **environment: str) -> Born:
        address = f"postgresql://{role}@/{database['NAME']}?host={database['HOST']}"
        log = tmp_path / f"{command}-{len(started)}.log"
        process = nursery.bear(["manage.py", command, *arguments], {
            **os.environ, "COUNTERSIGN_PROCESS": command, "DATABASE_URL": address, "TOOLSERVER_URL": host.url,
            "COUNTERSIGN_STATE": str(tmp_path), **environment}, log)
        process.log = log
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
