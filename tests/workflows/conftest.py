"""What the engine's tests stand on: real roles, a real loopback host, a published version."""

from __future__ import annotations

import pytest

from tests.workflow_stage import signed_in_as


@pytest.fixture
def process():
    """`with process("engine"): …` does what follows as that process's role. For tests that really commit."""
    return signed_in_as


@pytest.fixture
def pool(transactional_db, monkeypatch):
    """The engine's pool, signed in as the engine, in place of the process's own."""
    from django.db import connection

    from workflows.engine import pool as pools

    opened = pools.open_pool(connection.settings_dict | {"USER": "engine"}, most=4)
    monkeypatch.setattr(pools, "_pool", opened)
    yield opened
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
def stage(pool, host, make_tenant, make_member):
    """A team with an editor who may decide, and a newsletter workflow to run."""
    from tests.workflow_stage import Stage

    return Stage.set_up(make_tenant("acme"), make_member)
