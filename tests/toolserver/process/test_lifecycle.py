"""A tenant's process from fork to end: what it needs, what it keeps to itself, and when it goes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import types
from pathlib import Path

import httpx
import psutil
import pytest

from countersign.ids import new_id


def test_a_fork_answers_quickly(launch, tenant, start) -> None:
    start(tenant)  # the fork server itself takes seconds to load, once
    times = []
    for _ in range(5):
        running = launch()
        assert running.say(tenant.config()) ["ready"]
        assert running.rpc("tools/list")["result"]["tools"]
        spent = psutil.Process(running.process.pid).cpu_times()
        times.append(spent.user + spent.system)  # by itself: what others do meanwhile says nothing
    assert min(times) < 0.7, f"the preload is not shared: each child loads everything itself, in {times} s"


def test_it_ends_at_once_when_the_host_is_gone(start, tenant) -> None:
    running = start(tenant)
    running.pipe.close()
    running.process.join(30)
    assert running.process.exitcode == 0


def test_it_ends_when_the_host_goes_before_it_has_said_anything(launch) -> None:
    running = launch()
    running.pipe.close()
    running.process.join(30)
    assert running.process.exitcode == 0


def test_it_ends_with_the_host_even_in_the_middle_of_a_call(start, tenant, provider) -> None:
    tenant.add_model("slow", {"model": "openai/hangs", "api_base": provider.openai})
    running = start(tenant)

    def host_goes() -> None:
        running.pipe.close()
        running.process.join(30)

    running.ask_and_leave(provider, {"model": "slow", "messages": [{"role": "user", "content": "x"}]}, host_goes)
    assert running.process.exitcode == 0


def test_a_killed_process_is_seen_as_gone(start, tenant) -> None:
    running = start(tenant)
    running.process.kill()
    running.process.join(30)
    with pytest.raises(EOFError):
        running.pipe.recv_bytes()
    with pytest.raises(httpx.ConnectError):
        running.client.get("/healthz")


def test_a_new_config_counts_from_the_next_call(start, tenant) -> None:
    running = start(tenant)
    assert running.ask("main").status_code == 404
    tenant.version = 2
    tenant.add_model("main", {"model": "offline/reviewer"})
    assert running.say(tenant.config())["configured"] == 2
    assert running.ask("main").status_code == 200
    assert running.client.get("/healthz").json()["config_version"] == 2


def test_a_config_that_cannot_be_used_changes_nothing_and_quotes_nothing(start, tenant) -> None:
    running = start(tenant)
    said = running.say(tenant.config() | {"version": "seven", "private_key": "not base64: hunter2"})
    assert "version" in said["error"]
    assert "hunter2" not in said["error"]
    assert running.client.get("/healthz").json()["config_version"] == 1


def test_a_first_config_that_cannot_be_used_ends_it(launch) -> None:
    running = launch()
    assert "error" in running.say({"version": 1})
    running.process.join(30)
    assert running.process.exitcode == 0


def test_it_never_becomes_another_tenants(start, tenant) -> None:
    running = start(tenant)
    said = running.say(tenant.config() | {"tenant": str(new_id()), "version": 2})
    assert "another tenant" in said["error"]
    assert running.client.get("/healthz").json()["config_version"] == 1


def test_only_the_host_is_let_in(start, tenant) -> None:
    running = start(tenant)
    assert stat.S_IMODE(os.stat(running.socket_path).st_mode) == 0o700
    for headers in ({"authorization": ""}, {"authorization": "Bearer guess"}):
        for path in ("/healthz", "/v1/models"):
            assert running.client.get(path, headers=headers).status_code == 401


def test_its_memory_cannot_be_dumped_or_read() -> None:
    code = ("import ctypes, os, resource; from toolserver.process.hardening import keep_memory_private; "
            "keep_memory_private(); PR_GET_DUMPABLE = 3; "
            "print(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE), "
            "oct(os.umask(0)))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split(maxsplit=1) == ["0", "(0, 0) 0o77\n"]


def test_the_running_process_is_hardened(start, tenant) -> None:
    running = start(tenant)
    limits = Path(f"/proc/{running.process.pid}/limits").read_text()
    assert next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")) == ["0", "0"]


def test_without_the_preload_it_refuses_to_serve() -> None:
    from toolserver.process.main import check_preloaded

    with pytest.raises(RuntimeError, match="did not preload"):
        check_preloaded()


def test_a_process_that_has_django_refuses_to_serve(monkeypatch) -> None:
    from toolserver.process.main import check_preloaded

    monkeypatch.setitem(sys.modules, "toolserver.process.preload", types.SimpleNamespace(WARMED_IN=1))
    assert "django" in sys.modules
    with pytest.raises(RuntimeError, match="Django"):
        check_preloaded()
