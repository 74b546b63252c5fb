"""The process that a machine's platform is forked from: what its children get, and what they never do."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from countersign.embedded.nursery import Nursery

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def nursery():
    nursery = Nursery()
    yield nursery
    nursery.end()


@pytest.fixture
def bear(nursery, tmp_path):
    """`bear(code)`: a process that runs it as `manage.py shell -c` would, and the file it writes to."""

    def bear(code: str, **environment: str):
        log = tmp_path / "log"
        log.touch()
        return nursery.bear(["manage.py", "shell", "--no-imports", "-c", code], {**os.environ, **environment}, log), log

    return bear


def test_a_child_has_the_environment_it_was_given_and_its_parent_has_none_of_it(nursery, bear):
    code = "import os; print(os.environ['VAULT_KEY'], os.environ['COUNTERSIGN_PROCESS'])"
    child, log = bear(code, VAULT_KEY="only-the-hosts", COUNTERSIGN_PROCESS="manage")
    assert child.wait(60) == 0
    assert log.read_text().split() == ["only-the-hosts", "manage"]
    parent = psutil.Process(nursery._server.pid)
    assert not set(parent.environ()) & {"VAULT_KEY", "SECRET_KEY", "GRANT_SIGNING_KEY", "DATABASE_URL", "REDIS_URL"}
    other, log = bear("import os; print(os.environ.get('VAULT_KEY'))")
    assert other.wait(60) == 0
    assert log.read_text().split()[-1] == "None"


def test_the_parent_has_one_thread(nursery, bear):
    assert bear("")[0].wait(60) == 0
    assert psutil.Process(nursery._server.pid).num_threads() == 1, "a lock that a thread held would be held for good"


def test_how_a_child_ended_is_told(bear):
    assert bear("raise SystemExit(7)")[0].wait(60) == 7
    child, _ = bear("import time; time.sleep(60)")
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    child.kill()
    assert child.wait(60) == -signal.SIGKILL
    child.send_signal(signal.SIGTERM)  # nobody is there, and nobody else is hit


def test_no_two_children_make_the_same_ids_or_numbers(bear):
    code = "import random; from countersign.ids import new_id; print(str(new_id())[18:], random.random())"
    born = [bear(code) for _ in range(2)]
    assert [child.wait(60) for child, _ in born] == [0, 0]
    lines = born[0][1].read_text().split()
    assert len(lines) == len(set(lines)) == 4


def test_a_child_shows_what_it_is_and_ends_with_its_parent(tmp_path):
    nursery = Nursery()
    log = tmp_path / "log of another"
    shell = ["manage.py", "shell", "--no-imports", "-c"]
    child = nursery.bear([*shell, "import time; print('up', flush=True); time.sleep(60)"], dict(os.environ), log)
    try:
        wait_until(lambda: "up" in log.read_text())
        assert "countersign shell" in " ".join(psutil.Process(child.pid).cmdline())
        nursery._server.kill()
        nursery._server.wait(10)
        wait_until(lambda: not Path(f"/proc/{child.pid}").exists())
        assert child.poll() == -signal.SIGTERM
        again = nursery.bear([*shell, ""], dict(os.environ), log)
        assert again.wait(60) == 0
    finally:
        nursery.end()


def wait_until(done, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
