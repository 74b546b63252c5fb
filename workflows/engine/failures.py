"""How a step can fail, by what follows from it. Its class (transient, permanent, policy, bug) stands on the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from countersign.errors import CountersignError

#: Seconds until each further try, where nothing else is said.
DELAYS = (1, 5, 25)
#: The same where the tool server did not answer: one that was killed is back in some seconds, and asking costs little.
HOST_DELAYS = (1, 2, 3, 6, 15, 60)
HOST_AWAY = frozenset({"host_unreachable", "answer_cut_short"})


class StepFailed(CountersignError):
    """Ends this worker's turn at the run. What the graph stored before stays stored."""

    error_class = "permanent"


class TryAgain(StepFailed):
    """A passing fault: the step is tried again after each of `delays`, then the run needs attention for `reason`."""

    error_class = "transient"

    def __init__(self, detail: str, *, code: str, reason: str, delays: tuple[float, ...] = DELAYS, **data: Any) -> None:
        super().__init__(detail, code=code, **data)
        self.reason = reason
        self.delays = delays


class Held(StepFailed):
    """The approval holds the call until a moment: the run comes back then. No fault, and not counted as one."""

    code = "held"
    error_class = "transient"

    def __init__(self, until: datetime) -> None:
        super().__init__("The approval holds this call until its time comes.", until=until.isoformat())
        self.until = until


class NeedsAttention(StepFailed):
    """Only a person can say how this goes on. Its code is the run's `attention_reason`."""


class RunFails(StepFailed):
    """The run is over."""


class PolicyRefused(RunFails):
    """Somebody who guards a rule said no. Trying again would be no answer to that."""

    error_class = "policy"
