"""A pytest plugin (`-p tests.services`): the suite's own Postgres and Redis, up before Django's settings are read."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECRET = "only-the-tests-use-this-secret-key-of-more-than-fifty-characters"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        early_config._services = _start_services()
    _set_environment(int(worker.removeprefix("gw")) + 1 if worker else 0)
    return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the long suites (marked slow)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "_services"):
        config._services.close()


def _start_services() -> contextlib.ExitStack:
    from countersign.embedded.services import Services

    stack = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="countersign-test-")))
    folder.chmod(0o755)
    services = stack.enter_context(Services(folder, secret=SECRET, settings={"fsync": "off"}, embedded=True))
    os.environ |= {"COUNTERSIGN_TEST_STATE": str(folder), "COUNTERSIGN_TEST_DATABASE": services.owner_url,
                   "COUNTERSIGN_TEST_REDIS": services.redis_url}
    return stack


def _set_environment(number: int) -> None:
    from countersign.signing import SigningKey

    key = SigningKey.generate()
    state = Path(os.environ["COUNTERSIGN_TEST_STATE"]) / f"worker{number}"
    os.environ |= {
        "COUNTERSIGN_ENV": "test",
        "COUNTERSIGN_STATE": str(state),
        "SECRET_KEY": SECRET,
        "DATABASE_OWNER_URL": os.environ["COUNTERSIGN_TEST_DATABASE"],
        "REDIS_URL": os.environ["COUNTERSIGN_TEST_REDIS"].replace("db=0", f"db={number}"),
        "GRANT_SIGNING_KEY": key.dump(),
        "GRANT_VERIFY_KEYS": key.verify_key.dump(),
        "LANGGRAPH_STRICT_MSGPACK": "true",
        **dict.fromkeys(("RATE_LIMIT_READS", "RATE_LIMIT_WRITES", "RATE_LIMIT_ANONYMOUS"), "off"),  # but where tested
    }
