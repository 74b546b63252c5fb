"""(b): the engine alone, in one process: claim, graph, events, gate, settled, claim, graph, end.

Everything is what a worker and web do, in their own database roles; only models and tools answer at once, in this
process, and nobody asks over REST.

In the engine's clock: two claims, all steps with their events and checkpoints, the gate's request with whom it asks and
its audit entry, the run's waking once that has settled, what people decided and its grants read back, and the end.
People's decision has a clock of its own: counting it and signing grants is web's work, which the engine's role may not
do (design §1), and a bare graph has nothing like it. It wakes the run in the same transaction; here that is taken out
of it, and has one of its own in the engine's clock. In neither: `start_run`, the API's work, which stores the input (in
(a)'s clock, since a bare graph has no other way to begin; (b) stores it again as its checkpoint), and a look at what
the person has on their page.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest import mock

import django

from tests.bench.children import serve
from tests.bench.newsletter import DRAFT, INPUT, TOOL_RESULTS, VERDICT

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.postgresql.base import DatabaseWrapper  # noqa: E402

from approvals.models import ApprovalRequest  # noqa: E402
from approvals.services import add_role_member, create_role, record_decision, set_permission  # noqa: E402
from approvals.signals import request_settled  # noqa: E402
from countersign.database.context import pipelined_context, tenant_context  # noqa: E402
from countersign.database.statements import pipelined_to_commit  # noqa: E402
from countersign.environment import database_settings  # noqa: E402
from countersign.ids import new_id  # noqa: E402
from tenants.audit import Actor, verify_chain  # noqa: E402
from tenants.models import User  # noqa: E402
from tenants.services.teams import create_team  # noqa: E402
from workflows.engine import turn  # noqa: E402
from workflows.engine.grants import let_go_of_connection  # noqa: E402
from workflows.engine.host import Answer, ToolOutcome  # noqa: E402
from workflows.engine.lease import Lease  # noqa: E402
from workflows.gallery import gallery  # noqa: E402
from workflows.models import Run, Template  # noqa: E402
from workflows.receivers import on_request_settled  # noqa: E402
from workflows.services import publishing  # noqa: E402
from workflows.services.runs import start_run  # noqa: E402
from workflows.services.templates import create_template  # noqa: E402
from workflows.spec.catalogue import Catalogue, ModelEntry, ToolEntry  # noqa: E402

CATALOGUE = Catalogue(
    models={"offline-writer": ModelEntry(), "offline-reviewer": ModelEntry()},
    tools={name: ToolEntry(schema_hash=f"sha256:{name}") for name in TOOL_RESULTS})
ANSWERS = {"offline-writer": DRAFT, "offline-reviewer": VERDICT}


class InstantHost:
    """In the tool server's place: answers at once, in this process."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease

    def complete(self, *, model: str, on_text: Any = lambda _: None, **_: Any) -> Answer:
        text = ANSWERS[model]
        on_text(text)
        return Answer(text=text, provider="instant", tokens_in=900, tokens_out=200, cost=Decimal("0.001"))

    def call(self, tool: str, arguments: dict[str, Any], *, grant: str | None, key: str) -> ToolOutcome:
        assert grant
        self.lease.check()
        return ToolOutcome("done", result=TOOL_RESULTS[tool], entry="instant")


_web_pools: dict[str, Any] = {}
_web = threading.local()


@contextmanager
def as_web() -> Iterator[None]:
    """Until the end of the block this thread's connection is web's: from a pool of its own, and given back."""
    engine = connections["default"]
    if not hasattr(_web, "connection"):  # a thread of web's keeps its own, too
        _web.connection = DatabaseWrapper({**engine.settings_dict, **_web_address()}, alias="default")
        _web.connection._connection_pools = _web_pools
    connections["default"] = _web.connection
    try:
        yield
    finally:
        _web.connection.close()
        connections["default"] = engine


def _web_address() -> dict[str, str]:
    address = database_settings(os.environ["BENCH_WEB_DATABASE"])
    return {key: address[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}


class Team:
    """A team whose editor may decide on the gallery's newsletter, published."""

    def __init__(self) -> None:
        with as_web():
            self.owner = self._person(f"{new_id()}@bench.example")
            self.tenant = create_team(owner=self.owner, name="Bench")
            self.actor = Actor.of(self.owner)
            with self.context():
                role = create_role(name="Editor", actor=self.actor)
                add_role_member(role=role, user=self.owner, actor=self.actor)
                self.template: Template = create_template(
                    name="Newsletter", spec=gallery()["newsletter"].spec, by=self.owner, actor=self.actor)
                set_permission(self.template.scope, role, ["view", "decide"], self.actor)
                version = self.template.versions.get()
            with mock.patch.object(publishing, "fetch_catalogue", return_value=CATALOGUE):
                publishing.publish_version(version=version, by=self.owner, actor=self.actor)

    @staticmethod
    def _person(email: str) -> User:
        person = User.objects.create_user(email)
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        return person

    def context(self):
        return tenant_context(self.tenant.id, user_id=self.owner.id)

    def start(self) -> Run:
        with as_web(), self.context():
            return start_run(template=self.template, run_input=INPUT, actor=self.actor, started_by=self.owner)

    def take_turn(self, run: Run) -> None:
        turn.take_turn(self.tenant.id, run.id)

    def pages(self, runs: list[Run]) -> list[ApprovalRequest]:
        """What people have before them."""
        with as_web(), self.context():
            return list(ApprovalRequest.objects.filter(subject_id__in=[run.id for run in runs], status="open"))

    def decide(self, page: ApprovalRequest) -> ApprovalRequest:
        """Returns it settled."""
        with as_web(), self.context(), pipelined_to_commit():
            return record_decision(request=page, by=self.owner, verdict="approve", revision=page.revision,
                                   plan_hash=page.plan_hash, actor=self.actor).request

    def settled(self, request: ApprovalRequest) -> None:
        with pipelined_context(self.tenant.id):
            on_request_settled(ApprovalRequest, request)
        let_go_of_connection()

    def check(self, runs: list[Run]) -> None:
        with as_web(), self.context():
            ended = Run.objects.filter(id__in=[run.id for run in runs], status="completed").count()
        assert ended == len(runs), f"{ended} of {len(runs)} runs completed"


def timed(threads: int, work: Callable[[Any], Any], subjects: list[Any]) -> tuple[float, list[Any]]:
    """Seconds that it takes to do this for each of them, and what came of it."""
    began = time.perf_counter()
    if threads == 1:
        done = [work(each) for each in subjects]
    else:
        with ThreadPoolExecutor(threads) as several:
            done = list(several.map(work, subjects))
    return time.perf_counter() - began, done


def main() -> None:
    settings.GRANT_SIGNING_KEY = os.environ["BENCH_SIGNING_KEY"]
    turn.Host = InstantHost
    assert request_settled.disconnect(dispatch_uid="workflows.runs")
    team = Team()

    def measure(runs: int, threads: int) -> dict[str, float]:
        started = [team.start() for _ in range(runs)]
        to_the_gate, _ = timed(threads, team.take_turn, started)
        decisions, requests = timed(threads, team.decide, team.pages(started))
        woken, _ = timed(threads, team.settled, requests)
        to_the_end, _ = timed(threads, team.take_turn, started)
        team.check(started)
        return {"seconds": to_the_gate + woken + to_the_end, "decisions": decisions}

    serve(measure)
    with as_web():
        assert verify_chain(team.tenant.id).ok


if __name__ == "__main__":
    main()
