"""`./countersign up`: what it starts, says, restarts and leaves behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.timeout(600)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def state():
    """Not under pytest's own folder, which another run of pytest closes to everybody but root."""
    with tempfile.TemporaryDirectory(prefix="countersign-up-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state of things"


class Up:
    def __init__(self, state: Path, port: int) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE", "REDIS", "COUNTERSIGN", "GRANT"))}
        self.log = state.parent / "up.log"
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("ab") as log:
            self.process = psutil.Popen([sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port)],
                                        env={**kept, "COUNTERSIGN_STATE": str(state)}, stdout=log, stderr=log)

    def wait_until_it_says(self, words: str, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()[-5000:]
            assert time.monotonic() < deadline, self.log.read_text()[-5000:]
            time.sleep(0.1)

    def family(self) -> list[psutil.Process]:
        return self.process.children(recursive=True)


@contextlib.contextmanager
def up(state: Path, port: int) -> Iterator[Up]:
    running = Up(state, port)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            running.process.wait(60)


def assert_gone(processes: list[psutil.Process], seconds: float = 30) -> None:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE], [p.cmdline() for p in alive]


def test_a_newcomer_finds_a_newsletter_waiting_which_survives_a_kill_and_ctrl_c_leaves_nothing(state):
    port = free_port()
    with up(state, port) as first:
        first.wait_until_it_says("Countersign is running at")
        assert f"{first.url}" in first.log.read_text()
        assert httpx.get(f"{first.url}/readyz").json()["status"] == "ok"

        session = sign_in(first.url, state)
        waiting = wait_for_request(session)
        assert "readers@countersign.example" in json.dumps(waiting["calls"])

        second = subprocess.run([sys.executable, ROOT / "manage.py", "up", "--port", str(free_port())],
                                env={**os.environ, "COUNTERSIGN_STATE": str(state)}, capture_output=True, text=True)
        assert second.returncode != 0
        assert "running already" in second.stderr

        worker = next(p for p in first.family() if "worker --queue runs" in " ".join(p.cmdline()))
        worker.kill()
        first.wait_until_it_says("worker stopped (by SIGKILL); starting it again")

        left = first.family()
        assert len(left) >= 7
        first.process.kill()
        first.process.wait(10)
    with up(state, port) as again:
        again.log.write_text("")
        again.wait_until_it_says("Countersign is running at")
        assert_gone(left)
        assert wait_for_request(sign_in(again.url, state))["id"] == waiting["id"]
        family = again.family()
        assert len(family) >= 7
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(60) == 0
    assert_gone(family)


def test_a_taken_port_is_said(state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run([sys.executable, ROOT / "manage.py", "up", "--port", str(taken.getsockname()[1])],
                              env={**os.environ, "COUNTERSIGN_STATE": str(state)}, capture_output=True, text=True)
    assert done.returncode != 0
    assert "--port" in done.stderr


def sign_in(url: str, state: Path) -> httpx.Client:
    password = json.loads((state / "secrets.json").read_text())["demo_password"]
    client = httpx.Client(base_url=url, timeout=60)
    who = {"email": "editor@countersign.example", "password": password}
    answer = client.post("/_allauth/app/v1/auth/login", json=who)
    assert answer.status_code == 200, answer.text
    client.headers["X-Session-Token"] = answer.json()["meta"]["session_token"]
    return client


def wait_for_request(session: httpx.Client, seconds: float = 180) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        waiting = session.get("/api/v1/tenants/demo/approvals/?mine=true&status=open").json()["results"]
        if waiting:
            return session.get(f"/api/v1/tenants/demo/approvals/{waiting[0]['id']}/").json()
        time.sleep(0.2)
    raise AssertionError("The demo newsletter never reached its gate.")
