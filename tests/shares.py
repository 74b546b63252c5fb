"""A pytest plugin (`-p tests.shares`): what the suite's processes do, and in which order.

A file's tests stay together, as `--dist loadfile` has it; so do those of a folder whose tests share one platform, which
is then started once instead of in every process. What takes longest comes first: last, it would keep one process busy
while the others are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath

import pytest

#: Of one process each. The longest first.
TOGETHER = ("tests/e2e/browser", "tests/faults")
_SHARED = pytest.StashKey[ExitStack]()
#: Few tests, and each of them long.
LONG = ("tests/e2e/test_demo.py", "tests/e2e/test_up.py", "tests/contracts/test_web_app.py")


def share_of(nodeid: str) -> str:
    """The folder or file whose tests one process does."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if PurePosixPath(folder) in PurePosixPath(file).parents), file)


def in_order(shares: Iterable[str], tests: dict[str, int]) -> list[str]:
    """What takes long, then files with many tests before those with few."""
    first = [*TOGETHER, *LONG]
    return sorted(shares, key=lambda share: (first.index(share) if share in first else len(first), -tests[share]))


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> ExitStack:
    """What is entered here is for all tests of the share that is being done, and ends with the last of them."""
    return pytestconfig.stash.setdefault(_SHARED, ExitStack())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    try:
        return (yield)
    finally:
        if nextitem is None or share_of(nextitem.nodeid) != share_of(item.nodeid):
            item.config.stash.setdefault(_SHARED, ExitStack()).close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Shares(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

    config.option.loadscopereorder = False
    return Shares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The same in every process, and without any other: which process begins where is xdist's."""
    shares = [share_of(item.nodeid) for item in items]
    tests = {share: shares.count(share) for share in shares}
    place = {share: number for number, share in enumerate(in_order(tests, tests))}
    items.sort(key=lambda item: place[share_of(item.nodeid)])
