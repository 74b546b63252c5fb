"""What the scheduler does again and again. An app says what in its `duties` module, with `@duty(every=…)`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from countersign.logs import get_logger
from countersign.outages import said

log = get_logger(__name__)

#: The advisory lock that one scheduler holds: the one that does the duties.
LEADER = "countersign.scheduler"


@dataclass
class Duty:
    """`due` is on the monotonic clock; a new duty is due at once."""

    name: str
    every: float
    do: Callable[[], object]
    due: float = field(default_factory=time.monotonic)

    def run_if_due(self) -> bool:
        """Whether it was. What fails is logged and done again at its next time: one duty never stops the others."""
        if time.monotonic() < self.due:
            return False
        self.due = time.monotonic() + self.every
        try:
            self.do()
        except Exception as error:
            if not said(error):
                log.exception("duty.failed", duty=self.name)
        return True


_duties: dict[str, Duty] = {}


def duty(*, every: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Have the scheduler call this function every so many seconds. It must be safe to repeat, and end soon.

    Before a tenant is known it may read doorbell tables alone.
    """
    def register(do: Callable[[], object]) -> Callable[[], object]:
        name = f"{do.__module__}.{do.__qualname__}"
        _duties[name] = Duty(name, every, do)
        return do

    return register


def all_duties() -> list[Duty]:
    """Every app's duties, imported now."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.duties"):
            import_module(f"{app.name}.duties")
    return list(_duties.values())
