"""A whole platform on temporary state and free ports: for the demo, the tests and the benchmarks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from countersign.embedded.secrets import Secrets
from countersign.embedded.services import Services
from countersign.embedded.stack import Stack, free_port

#: One client stands for many here, and measures what the platform can do.
UNLIMITED = dict.fromkeys(("RATE_LIMIT_READS", "RATE_LIMIT_WRITES", "RATE_LIMIT_ANONYMOUS"), "off")


@contextlib.contextmanager
def temporary_platform(folder: Path, *, email_url: str, say: Callable[[str], None] = lambda _: None,
                       environment: Mapping[str, str] = {}) -> Iterator[Stack]:
    """Started and ready on entry, all of it ended on exit, on services of its own."""
    folder.chmod(0o755)  # the database's user passes through
    secrets = Secrets.of(folder)
    with (Services(folder, secret=secrets.database, embedded=True) as services,
          started_platform(services, secrets, folder, email_url=email_url, say=say, environment=environment) as stack):
        yield stack


@contextlib.contextmanager
def started_platform(services: Services, secrets: Secrets, folder: Path, *, email_url: str,
                     say: Callable[[str], None] = lambda _: None,
                     environment: Mapping[str, str] = {}) -> Iterator[Stack]:
    """The platform's processes on services that run already. Their logs are in `folder/logs`.

    When it does not get ready, the error carries the end of every log.
    """
    stack = Stack(services, secrets, folder, port=free_port(), email_url=email_url, logs=folder / "logs", say=say,
                  extra_environment={**UNLIMITED, **environment})
    try:
        stack.nursery.warm()
        stack.migrate()
        stack.start()
        stack.wait_until_ready()
        yield stack
    except Exception as error:
        error.add_note(_ends_of_logs(folder / "logs"))
        raise
    finally:
        stack.stop()


def _ends_of_logs(folder: Path) -> str:
    logs = sorted(folder.glob("*.log"))
    return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)
