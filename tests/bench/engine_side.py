"""(b): the engine alone, in one process: claim, graph, events, gate, decision, grants, resume, end.

Everything is what a worker and web do, in their own database roles; only models and tools answer at once, in this
process, and nobody asks over REST.

In its clock: two claims, all steps with their events and checkpoints, the gate's request, the decision as web records
it, its grants, and the end. Not in it: `start_run`, which is the API's work. It stores the input, which (a) does in its
clock, since a bare graph has no other way to begin; what (a) stores there, (b) stores again as its own checkpoint.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
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
from countersign.database.context import tenant_context  # noqa: E402
from countersign.database.statements import ask  # noqa: E402
from countersign.environment import database_settings  # noqa: E402
from countersign.ids import new_id  # noqa: E402
from tenants.audit import Actor, verify_chain  # noqa: E402
from tenants.models import User  # noqa: E402
from tenants.services.teams import create_team  # noqa: E402
from workflows.engine import turn  # noqa: E402
from workflows.engine.host import Answer, ToolOutcome  # noqa: E402
from workflows.engine.lease import Lease  # noqa: E402
from workflows.gallery import gallery  # noqa: E402
from workflows.models import Run, Template  # noqa: E402
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

    def decide(self, run: Run) -> None:
        with as_web(), self.context():
            [(request, revision, plan_hash)] = ask(  # what the person has on their page
                "SELECT id, revision, plan_hash FROM approvals_approvalrequest WHERE subject_id = %s AND subject_type "
                "= 'run' AND status = 'open'", [run.id])
            record_decision(request=ApprovalRequest(id=request), by=self.owner, verdict="approve", revision=revision,
                            plan_hash=plan_hash, actor=self.actor)

    def play(self, run: Run) -> None:
        turn.take_turn(self.tenant.id, run.id)
        self.decide(run)
        turn.take_turn(self.tenant.id, run.id)

    def check(self, runs: list[Run]) -> None:
        with as_web(), self.context():
            ended = Run.objects.filter(id__in=[run.id for run in runs], status="completed").count()
        assert ended == len(runs), f"{ended} of {len(runs)} runs completed"


def main() -> None:
    settings.GRANT_SIGNING_KEY = os.environ["BENCH_SIGNING_KEY"]
    turn.Host = InstantHost
    team = Team()

    def measure(runs: int, threads: int) -> dict[str, float]:
        started = [team.start() for _ in range(runs)]
        wall, cpu = time.perf_counter(), time.process_time()
        if threads == 1:
            for run in started:
                team.play(run)
        else:
            with ThreadPoolExecutor(threads) as several:
                list(several.map(team.play, started))
        took = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        team.check(started)
        return took

    serve(measure)
    with as_web():
        assert verify_chain(team.tenant.id).ok


if __name__ == "__main__":
    main()
