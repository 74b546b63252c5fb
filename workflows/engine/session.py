"""One worker's turn at one run: what its nodes may use, what they spend, and where its limits are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from langgraph.errors import GraphBubbleUp

from approvals.models import Grant
from countersign.errors import CountersignError
from workflows.engine.failures import NeedsAttention, RunFails
from workflows.engine.host import Answer, Host
from workflows.engine.lease import StaleLease
from workflows.engine.saver import RunSaver
from workflows.engine.text import TextStream
from workflows.models import Run
from workflows.spec.document import Spec
from workflows.spec.nodes import Node
from workflows.spec.pins import Pins


@dataclass
class Step:
    """A node at work. `execution` names this one try: text of another try at the same step never mixes with it."""

    node: Node
    execution: str
    text: TextStream
    began: float = field(default_factory=time.monotonic)
    told: dict[str, Any] = field(default_factory=dict)
    revision: int = 0


@dataclass
class Session:
    run: Run
    spec: Spec
    pins: Pins
    saver: RunSaver
    host: Host
    began: float = field(default_factory=time.monotonic)
    steps: int = 0
    cost: Decimal = Decimal(0)
    booked: float = 0.0
    grants: dict[str, dict[str, Grant]] = field(default_factory=dict)

    @property
    def steps_taken(self) -> int:
        return self.run.steps + self.steps

    @property
    def active_seconds(self) -> float:
        return self.run.active_seconds + time.monotonic() - self.began

    @property
    def seconds_left(self) -> float:
        return self.run.limits["seconds"] - self.active_seconds

    def book_time(self) -> None:
        """Add the time since the last booking to what the next save writes down."""
        elapsed = time.monotonic() - self.began
        self.saver.spent.seconds += elapsed - self.booked
        self.booked = elapsed

    @contextmanager
    def step(self, node: Node, *, limited: bool = True) -> Iterator[Step]:
        """Everything around a node's own work: limits before it, events and spending after it.

        Raises StepFailed when a limit is met; `limited=False` for a call that people have approved.
        """
        self.saver.lease.check()
        if limited:
            self.check_limits()
        step = Step(node, execution := f"{self.steps_taken + 1}-{self.saver.lease.epoch}",
                    TextStream(self.saver, node.id, execution))
        self.saver.tell("step.started", node.id, {"type": node.type, "execution": execution})
        try:
            yield step
        except (GraphBubbleUp, StaleLease):
            raise
        except Exception as error:
            step.text.end()
            self.saver.tell("step.failed", node.id, self._told(step) | describe(error))
            raise
        step.text.end()
        self.saver.tell("step.completed", node.id, self._told(step))
        self.saver.spent.steps += 1
        self.saver.spent.revision = max(self.saver.spent.revision, step.revision)
        self.steps += 1
        self.run.attempts = 0
        self.book_time()

    @staticmethod
    def _told(step: Step) -> dict[str, Any]:
        milliseconds = round((time.monotonic() - step.began) * 1000)
        return {"type": step.node.type, "execution": step.execution, "duration_ms": milliseconds, **step.told}

    def spend(self, step: Step, model: str, answer: Answer) -> None:
        """Count a model's answer, whatever becomes of it: it was paid for."""
        spent = self.saver.spent
        spent.tokens_in += answer.tokens_in
        spent.tokens_out += answer.tokens_out
        spent.cost += answer.cost
        self.cost += answer.cost
        told = step.told
        told.update(model=model, provider=answer.provider,
                    tokens_in=told.get("tokens_in", 0) + answer.tokens_in,
                    tokens_out=told.get("tokens_out", 0) + answer.tokens_out,
                    cost=float(Decimal(str(told.get("cost", 0))) + answer.cost))

    def check_limits(self) -> None:
        """Raises RunFails over steps and time, NeedsAttention over money: a person may allow more of that."""
        limits = self.run.limits
        if self.steps_taken >= limits["steps"]:
            raise RunFails(f"The run took its {limits['steps']} steps without coming to an end.", code="limit_steps")
        self.check_time()
        cost = self.run.cost + self.cost
        if cost > Decimal(str(limits["cost"])):
            raise NeedsAttention(f"The run has cost {cost:.4f} USD; its limit is {limits['cost']:g} USD.",
                                 code="limit_cost", cost=float(cost))

    def check_time(self) -> None:
        if self.seconds_left <= 0:
            raise RunFails(f"The run worked for its {self.run.limits['seconds']:g} seconds without coming to an end.",
                           code="limit_seconds")


def describe(error: BaseException) -> dict[str, Any]:
    """A failure as events and runs show it. What only a log should say stays out of it."""
    if isinstance(error, CountersignError):
        error_class = getattr(error, "error_class", "permanent")
        return {"code": error.code, "detail": error.detail, "error_class": error_class}
    return {"code": "bug", "detail": f"The engine failed here ({type(error).__name__}); the log says how.",
            "error_class": "bug"}
