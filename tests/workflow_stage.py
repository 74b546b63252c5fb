"""A team, its workflow and its runs, for tests of the engine: each act in its process's own role, really committed."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from countersign.database.context import tenant_context
from tenants.models import Tenant, User

SPEC: dict[str, Any] = {
    "name": "Newsletter",
    "input": {"type": "object", "required": ["documents"], "properties": {
        "title": {"type": "string"}, "recipients": {"type": "array", "items": {"type": "string"}},
        "documents": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["name", "text"],
            "properties": {"name": {"type": "string"}, "text": {"type": "string", "maxLength": 1000}}}}}},
    "limits": {"revisions": 2, "steps": 30, "seconds": 60, "cost": 1.0},
    "start": "draft",
    "nodes": [
        {"id": "draft", "type": "worker", "model": "writer", "next": "check",
         "prompt": "Write.{% for d in input.documents %}<document name=\"{{ d.name }}\">{{ d.text }}</document>"
                   "{% endfor %}"},
        {"id": "check", "type": "supervisor", "judges": "draft", "model": "reviewer", "prompt": "Judge.",
         "checks": [{"id": "sections", "type": "sections", "min": 1}], "next": "gate"},
        {"id": "gate", "type": "approval", "shows": "draft", "releases": ["publish", "send"], "next": "publish",
         "policy": {"stages": [{"rules": [{"role": "Editor", "count": 1}]}]}},
        {"id": "publish", "type": "tool", "tool": "files.write", "next": "send",
         "arguments": {"name": "newsletter.md", "content": "{{ draft }}"}},
        {"id": "send", "type": "tool", "tool": "email.send",
         "arguments": {"to": "{{ input.recipients }}", "subject": "{{ input.title }}", "body": "{{ draft }}",
                       "attachment": {"$result": {"call": "publish", "path": ["name"]}}}},
    ],
}
INPUT = {"title": "March", "recipients": ["a@example.org", "b@example.org"],
         "documents": [{"name": "a.md", "text": "It rained."}]}


@contextlib.contextmanager
def signed_in_as(role: str):
    """Until the end of the block this process's connections sign in as `role`, however often they are closed."""
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = role
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


def in_thread_as(role: str, work: Callable[[], Any]) -> threading.Thread:
    """Do it in a thread of its own whose connection signs in as `role`, whatever the other threads do."""
    def run() -> None:
        connection.settings_dict = {**connection.settings_dict, "USER": role}
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def as_owner(make: Callable[..., Any]) -> Callable[..., Any]:
    """A fixture's factory, done as the owner, whoever is signed in."""
    def made(*args: Any, **options: Any) -> Any:
        with signed_in_as("owner"):
            return make(*args, **options)

    return made


def spec(**changes: Any) -> dict[str, Any]:
    """The newsletter's spec; `changes` replace top-level parts, or by a node's id some of its fields."""
    made = copy.deepcopy(SPEC)
    for key, value in changes.items():
        node = next((node for node in made["nodes"] if node["id"] == key), None)
        if node is None:
            made[key] = value
        else:
            node.update(value)
    return made


@dataclass
class Stage:
    tenant: Tenant
    make_member: Any  # (tenant, email, membership role) -> User; prepared as the owner, whoever is signed in
    editor: User = field(init=False)
    template: Any = field(init=False)

    @classmethod
    def set_up(cls, tenant: Tenant, make_member: Any) -> Stage:
        from approvals.services import add_role_member, create_role, create_scope, set_permission
        from tenants.audit import Actor
        from workflows.models import Template

        stage = cls(tenant, as_owner(make_member))
        stage.editor = make_member(tenant, f"editor@{tenant.slug}.example", "editor")
        actor = Actor.of(stage.editor)
        with signed_in_as("web"), stage.context():
            scope = create_scope(name="Newsletter")
            role = create_role(name="Editor", actor=actor)
            set_permission(scope, role, ["decide"], actor)
            add_role_member(role=role, user=stage.editor, actor=actor)
            stage.template = Template.objects.create(name="Newsletter", slug="newsletter", scope=scope)
        return stage

    def context(self):
        return tenant_context(self.tenant.id)

    def publish(self, document: dict[str, Any] | None = None):
        """Publish a version as it stands: what publishing checks is another test's."""
        from approvals.policies import Policy, policy_hash, resolve_policy
        from countersign.canonical import content_hash
        from workflows.models import Version, VersionStatus

        document = document or spec()
        tools = {node["tool"] for node in document["nodes"] if node["type"] == "tool"}
        with signed_in_as("web"), self.context():
            gates = {node["id"]: resolve_policy(Policy.model_validate(node["policy"]))
                     for node in document["nodes"] if node["type"] == "approval"}
            pins = {"gates": {gate: {"policy": policy, "policy_hash": policy_hash(policy)}
                              for gate, policy in gates.items()},
                    "tools": {tool: {"schema_hash": f"sha256:{tool}", "read_only": tool.startswith("read.")}
                              for tool in tools}}
            number = self.template.versions.count() + 1
            return Version.objects.create(template=self.template, number=number, status=VersionStatus.PUBLISHED,
                                          spec=document, spec_hash=content_hash(document), pins=pins)

    def start(self, document: dict[str, Any] | None = None, run_input: dict[str, Any] | None = None, **options: Any):
        """A run of a newly published version, queued."""
        from tenants.audit import Actor
        from workflows.services.runs import start_run

        self.publish(document)
        with signed_in_as("web"), self.context():
            return start_run(template=self.template, run_input=run_input or INPUT, actor=Actor.of(self.editor),
                             started_by=self.editor, **options)

    def start_many(self, count: int) -> list[Any]:
        """So many runs of one newly published version, queued one after another."""
        from tenants.audit import Actor
        from workflows.services.runs import start_run

        self.publish()
        with signed_in_as("web"):
            started = []
            for _ in range(count):
                with self.context():
                    started.append(start_run(template=self.template, run_input=INPUT, actor=Actor.of(self.editor),
                                             started_by=self.editor))
        return started

    def statuses(self, runs: list[Any]) -> Counter:
        from workflows.models import Run

        with signed_in_as("web"), self.context():
            return Counter(Run.objects.filter(id__in=[run.id for run in runs]).values_list("status", flat=True))

    def turn(self, run) -> Any:
        """What a worker does when the run's bell rings. Returns the run as it stands then."""
        from workflows.engine.turn import take_turn

        with signed_in_as("engine"):
            take_turn(self.tenant.id, run.id)
        return self.read(run)

    def hurry(self, run) -> None:
        """Let what was promised for later be due now."""
        from countersign.clock import now
        from countersign.doorbells.models import Outbox

        with signed_in_as("engine"):
            Outbox.objects.filter(subject_id=run.id).update(due_at=now(), rung_at=now())

    def forget_worker(self, run) -> None:
        """As if the worker had been killed and its lease had run out; then the scheduler looks."""
        from countersign.clock import now
        from countersign.doorbells.models import Lease
        from workflows.duties import requeue_lost_runs

        with signed_in_as("engine"):
            _wait_for_settled_database()
            Lease.objects.filter(subject_id=run.id).update(expires_at=now())
            requeue_lost_runs()

    def read(self, run) -> Any:
        from workflows.models import Run

        with signed_in_as("web"), self.context():
            return Run.objects.get(id=run.id)

    def events(self, run, *kinds: str) -> list[Any]:
        from workflows.models import RunEvent

        with signed_in_as("web"), self.context():
            events = list(RunEvent.objects.filter(run_id=run.id))
        return [event for event in events if not kinds or event.kind in kinds]

    def request(self, run) -> Any:
        from approvals.models import ApprovalRequest

        with signed_in_as("web"), self.context():
            return ApprovalRequest.objects.filter(subject_id=run.id).order_by("id").last()

    def decide(self, run, verdict: str = "approve", comment: str = "") -> None:
        from approvals.services import record_decision

        request = self.request(run)
        with signed_in_as("web"), self.context():
            record_decision(request=request, by=self.editor, verdict=verdict, comment=comment,
                            revision=request.revision, plan_hash=request.plan_hash)

    def outbox(self, run) -> list[Any]:
        from countersign.doorbells.models import Outbox

        with signed_in_as("engine"):
            return list(Outbox.objects.filter(subject_id=run.id))


def _wait_for_settled_database() -> None:
    """After a start of Postgres nobody is thought lost for some seconds: also in the first test of a session."""
    from countersign.database.presence import PRESENT

    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {PRESENT} SELECT long_enough FROM settled")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Postgres has not settled in 10 s.")
