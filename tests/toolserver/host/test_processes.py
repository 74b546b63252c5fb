"""One process a tenant: kept apart, told little, restarted, retired, and gone with its host."""

import json
import os
import signal
import time

import httpx
import psutil
import pytest

from toolserver.host.child import MAX_OPEN_FILES


def children(host) -> list[psutil.Process]:
    return psutil.Process(host.process.pid).children(recursive=True)


def started(host, team) -> list[psutil.Process]:
    """The team's processes that live, as the host's log names them."""
    lines = [json.loads(line) for line in host.log.read_text().splitlines() if '"tenant process started"' in line]
    pids = [line["pid"] for line in lines if line["tenant"] == str(team.tenant.id)]
    return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]


def until(holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def own(start_host, worker_of):
    """`own(*options)`: a host of this test's own."""
    import contextlib

    with contextlib.ExitStack() as stack:
        yield lambda *options, **environment: stack.enter_context(start_host(*options, **environment))


def test_two_teams_have_two_processes_kept_apart(host, make_team, worker_of):
    teams = [make_team("first"), make_team("second")]
    for team in teams:
        worker_of(team).ask("ping")
        worker_of(team).ask("ping")
    (first,), (second,) = (started(host, team) for team in teams)
    assert first.pid != second.pid
    assert os.getpgid(first.pid) == first.pid, "a process group of its own"
    assert psutil.Process(first.pid).rlimit(psutil.RLIMIT_NOFILE) == (MAX_OPEN_FILES, MAX_OPEN_FILES)
    assert psutil.Process(first.pid).rlimit(psutil.RLIMIT_AS)[0] == 4 * 1024**3


def test_a_tenants_process_knows_nothing_of_the_host(host, team, worker):
    """No key, no database, no Django: not in its environment, not in its memory's modules, not in its open files."""
    worker.ask("ping")
    process, = started(host, team)
    environment = process.environ()
    assert not {name for name in environment if "KEY" in name or "DATABASE" in name or "SECRET" in name}
    assert os.environ["SECRET_KEY"] not in str(environment)
    with open(f"/proc/{process.pid}/maps") as maps:
        assert "psycopg" not in maps.read()
    assert not [line for line in process.net_connections("unix") if ".s.PGSQL" in (line.laddr or "")]
    assert os.stat(f"/proc/{process.pid}/mem").st_uid == 0  # not dumpable: its files are root's, nobody's to read


def test_another_tenants_process_cannot_use_its_socket(host, team, worker):
    worker.ask("ping")
    process, = started(host, team)
    path = next(line.laddr for line in process.net_connections("unix") if line.laddr.endswith(".sock"))
    with httpx.Client(transport=httpx.HTTPTransport(uds=path)) as intruder:
        for door in ("/mcp", "/v1/chat/completions", "/test"):
            assert intruder.post(f"http://tenant{door}", json={}).status_code == 401
        assert intruder.get("http://tenant/v1/models", headers={"authorization": "Bearer x"}).status_code == 401


def test_a_process_that_died_is_started_again(host, team, worker):
    worker.ask("ping")
    process, = started(host, team)
    process.kill()
    answers = []
    until(lambda: answers.append(worker.ask("ping")) or "result" in answers[-1])
    for answer in answers[:-1]:  # asked while it was dying
        assert answer["error"]["data"] == {"code": "tenant_process_unavailable", "retryable": True}
    another, = started(host, team)
    assert another.pid != process.pid


def test_many_first_calls_at_once_start_one_process(host, team, worker_of):
    from concurrent.futures import ThreadPoolExecutor

    workers = [worker_of(team) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert all("result" in answer for answer in threads.map(lambda w: w.ask("ping"), workers))
    assert len(started(host, team)) == 1


def test_an_idle_process_is_retired_and_comes_back(own, team, worker_of):
    host = own("--idle-seconds", "0.5")
    worker = worker_of(team, at=host)
    worker.ask("ping")
    until(lambda: not started(host, team))
    assert worker.ask("ping")["result"] is not None
    assert len(started(host, team)) == 1


def test_under_a_cap_the_longest_idle_makes_room(own, make_team, worker_of):
    host = own("--most-processes", "2")
    first, second, third = (make_team(name) for name in ("first", "second", "third"))
    for team in (first, second, first, third):
        assert "result" in worker_of(team, at=host).ask("ping")
    assert [len(started(host, team)) for team in (first, second, third)] == [1, 0, 1]
    assert httpx.get(f"{host.url}/healthz").json()["tenant_processes"] == 2


def test_on_sigterm_the_host_ends_and_leaves_nobody_behind(own, team, worker_of):
    host = own()
    worker_of(team, at=host).ask("ping")
    everybody = children(host)
    assert len(everybody) >= 2  # the fork server and the team's process
    begun = time.monotonic()
    assert host.stop() in (0, -signal.SIGTERM)  # uvicorn ends cleanly, then by the signal it was sent
    assert time.monotonic() - begun < 20
    assert "Finished server process" in host.log.read_text()
    psutil.wait_procs(everybody, timeout=30)
    assert not [child for child in everybody if child.is_running()]


def test_on_sigkill_its_children_end_by_themselves(own, team, worker_of):
    host = own()
    worker_of(team, at=host).ask("ping")
    everybody = [*children(host), *started(host, team)]
    host.stop(signal.SIGKILL)
    psutil.wait_procs(everybody, timeout=30)
    assert not [child for child in everybody if child.is_running()]


def test_the_fork_server_is_started_again_without_the_hosts_secrets(own, team, worker_of, make_team):
    """One that died is started by the next fork, from what is the host's environment by then."""
    host = own()
    worker_of(team, at=host).ask("ping")
    server = started(host, team)[0].parent()
    server.kill()
    other = make_team("other")
    assert "result" in worker_of(other, at=host).ask("ping")
    assert "VAULT_KEY" not in started(host, other)[0].environ()


def test_the_host_refuses_to_start_as_a_stronger_role(start_host, monkeypatch):
    with pytest.raises(AssertionError, match="must sign in as 'tools'"), \
            start_host(DATABASE_URL=os.environ["DATABASE_OWNER_URL"]):
        pass


def test_the_host_refuses_to_start_without_its_keys(start_host):
    with pytest.raises(AssertionError, match="needs VAULT_KEY"), start_host(VAULT_KEY=""):
        pass
