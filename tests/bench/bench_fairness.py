"""What one team's crowd costs the others, and what waiting costs: on the real platform, with one worker process.

First a crowd of runs is queued whose models answer at once, so that everybody fights for the processors; then a crowd
waits for models that take ten seconds over a draft, which they stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from statistics import median
from typing import Any

import psutil
import psycopg

from countersign.demo.team import Team, give_role, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack
from tests.bench.bench_engine import inherited
from tests.bench.bench_platform import SCOPES
from tests.bench.children import Child
from tests.bench.frame import Ground, Row
from tests.bench.newsletter import INPUT
from tests.bench.rest import Rest
from workflows.gallery import gallery

AIM_DELAY_S = 1.0
AIM_MEMORY_MB = 400
AIM_OTHER_RUN_S = 2.0
#: Two pools, of four and of five; the session that renews leases, and the one that shows the worker's presence.
AIM_CONNECTIONS = 4 + 5 + 1 + 1
QUEUED = 1000
WAITING = 200


def measure(ground: Ground) -> Iterator[Row]:
    with (Child("tests.bench.outside", inherited(), ground.folder / "outside.log") as outside, Mailbox() as mailbox,
          ground.platform(email_url=mailbox.url) as platform):
        ports = outside.ask(what="ports")["ports"]
        crowd, other = (Party(platform, mailbox, ports, name) for name in ("crowd", "other"))
        yield from queued(ground, platform, crowd, other)
        yield from waiting(ground, platform, outside, crowd, other)


def queued(ground: Ground, platform: Stack, crowd: Party, other: Party) -> Iterator[Row]:
    """From sending the request for a run until its first step began: how much longer that takes with a thousand of
    another team's runs before it."""
    count, probes = (20, 2) if ground.quick else (QUEUED, 10)
    for party in (crowd, other):
        party.until_at_gate([party.start("instant")])
    idle = median(other.first_step() for _ in range(probes))
    with without_worker(platform):
        runs = crowd.start_many("instant", count)
    until(lambda: crowd.count("waiting") > 1, "no run of the crowd got to its gate")
    delays = []
    for _ in range(probes):
        delays.append(other.first_step())
        time.sleep(0 if ground.quick else 1)
    left = crowd.count("queued")
    ground.say(f"first step of the other team: {', '.join(f'{each:.2f}' for each in delays)} s, idle {idle:.2f} s; "
               f"{left} of {count} still queued then")
    yield Row("other_tenant_delay_s", round(max(delays) - idle, 2), "s", at_most=AIM_DELAY_S)
    until(lambda: crowd.count("waiting") >= len(runs), "not every run of the crowd got to its gate", seconds=600)
    worker = Worker(platform)
    yield Row("at_gates_1000_threads", worker.process.num_threads(), "threads")
    yield Row("at_gates_1000_connections", worker.sessions(), "sessions")


def waiting(ground: Ground, platform: Stack, outside: Child, crowd: Party, other: Party) -> Iterator[Row]:
    """Two hundred runs whose model writes for ten seconds: what the worker process needs, and how others fare."""
    count = 10 if ground.quick else WAITING
    before = crowd.count("running")
    with without_worker(platform):
        crowd.start_many("slow", count)
    worker = Worker(platform)
    until(lambda: outside.ask(what="writing")["writing"] >= count, f"the model never wrote {count} drafts at once")
    time.sleep(1)
    began = time.monotonic()
    sessions, memory = worker.sessions(), worker.memory()
    run = other.start("instant")
    other.until_at_gate([run])
    took = time.monotonic() - began
    memory = max(memory, worker.memory())
    ground.say(f"meanwhile {crowd.count('running') - before} ran, and another team's run took {took:.2f} s to its gate")
    yield Row("waiting_200_memory_mb", memory, "MB", at_most=AIM_MEMORY_MB)
    yield Row("waiting_200_connections", sessions, "sessions", at_most=AIM_CONNECTIONS)
    yield Row("waiting_200_other_run_s", round(took, 2), "s", at_most=AIM_OTHER_RUN_S)
    outside.ask(what="end")
    until(lambda: crowd.count("running", "queued") == 0, "the crowd did not get to its gates", seconds=120)
    assert not crowd.count("failed", "needs_attention"), "a model call of the crowd failed"


class Party:
    """A team with the newsletter published twice: on models that answer at once, and on a slow one."""

    def __init__(self, platform: Stack, mailbox: Mailbox, ports: dict[str, int], name: str) -> None:
        self.url = platform.url
        self.team = set_up_team(platform.url, mailbox, name=name, slug=name, domain=f"{name}.example",
                                password=platform.secrets.demo_password, invited={"editor": "editor"})
        self.path = self.team.path
        self.workflows = _publish(self.team, ports)
        self.token = self.team.editor.post(f"{self.path}/tokens/", {"name": "bench", "scopes": SCOPES})["secret"]
        self.rest = Rest(self.url, self.token)
        self.tenant = next(each["id"] for each in self.team.admin.all("tenants/"))
        self.database = platform.services.postgres.url(platform.services.database)

    def start(self, models: str, rest: Rest | None = None) -> str:
        return (rest or self.rest).ask("POST", f"{self.path}/runs/", {
            "workflow": self.workflows[models], "input": INPUT})["id"]

    def start_many(self, models: str, count: int) -> list[str]:
        def some(share: int) -> list[str]:
            rest = Rest(self.url, self.token)
            return [self.start(models, rest) for _ in range(share)]

        with ThreadPoolExecutor(4) as several:
            return [run for runs in several.map(some, [count // 4] * 3 + [count - count // 4 * 3]) for run in runs]

    def first_step(self) -> float:
        """Seconds from sending the request for a run until its first step began."""
        self.rest.let_go()
        sent = time.time()
        run = self.start("instant")
        self.until_at_gate([run])
        events = self.rest.ask("GET", f"{self.path}/runs/{run}/events/?page_size=100")["results"]
        began = next(event["at"] for event in events if event["kind"] == "step.started")
        return datetime.fromisoformat(began).timestamp() - sent

    def until_at_gate(self, runs: list[str]) -> None:
        self.rest.let_go()
        for run in runs:
            until(lambda run=run: self._status(run) == "waiting", f"run {run} did not get to its gate")

    def _status(self, run: str) -> str:
        return self.rest.ask("GET", f"{self.path}/runs/{run}/")["status"]

    def count(self, *statuses: str) -> int:
        """Asked of the database: a list over the API would load the processors that are measured."""
        with psycopg.connect(self.database) as connection:
            return connection.execute("SELECT count(*) FROM workflows_run WHERE tenant_id = %s AND status = ANY(%s)",
                                      [self.tenant, list(statuses)]).fetchone()[0]


class Worker:
    """The platform's one worker of runs, from outside."""

    def __init__(self, platform: Stack) -> None:
        self.process = psutil.Process(platform.children["worker"].process.pid)
        self.database = platform.services.postgres.url(platform.services.database)

    def memory(self) -> int:
        return round(self.process.memory_full_info().pss / 2**20)

    def sessions(self) -> int:
        """Its database sessions: those in use and those that wait in a pool."""
        with psycopg.connect(self.database) as connection:
            return connection.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
                                      [f"countersign worker {self.process.pid}"]).fetchone()[0]


class without_worker:
    """Nobody works on runs until the end of the block."""

    def __init__(self, platform: Stack) -> None:
        self.worker = platform.children["worker"]

    def __enter__(self) -> None:
        self.worker.stop()
        self.worker.wait(60)

    def __exit__(self, *_: object) -> None:
        self.worker.start()


def until(done: Callable[[], Any], what: str, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {seconds:.0f} s: {what}.")
        time.sleep(0.05)


def _publish(team: Team, ports: dict[str, int]) -> dict[str, str]:
    """The workflows' ids by the kind of their models."""
    role = give_role(team, [team.editor])
    team.admin.post(f"{team.path}/credentials/", {"name": "mail", "kind": "smtp", "secret": {
        "host": "127.0.0.1", "port": ports["smtp"], "tls": "none", "from": "Bench <bench@bench.example>"}})
    team.admin.post(f"{team.path}/credentials/", {"name": "key", "kind": "model_key", "secret": {"api_key": "instant"}})
    made = {}
    for kind, port in (("instant", ports["model"]), ("slow", ports["slow"])):
        team.admin.post(f"{team.path}/models/", {"alias": kind, "providers": [
            {"model": f"openai/{kind}", "credential": "key", "api_base": f"http://127.0.0.1:{port}/v1"}]})
        spec: dict[str, Any] = gallery()["newsletter"].spec
        nodes = [{**node, "model": kind} if "model" in node else node for node in spec["nodes"]]
        workflow = team.admin.post(f"{team.path}/workflows/", {
            "name": f"Newsletter, {kind}", "spec": {**spec, "nodes": nodes}})
        path = f"{team.path}/workflows/{workflow['id']}"
        team.admin.call("PUT", f"{path}/permissions/", {"role": role, "actions": ["view", "run", "decide"]})
        team.admin.post(f"{path}/versions/1/publish/")
        made[kind] = workflow["id"]
    return made
