"""(c): all of it, on the real platform: REST start → gate (seen over SSE) → REST decision → grants → tool calls → done.

The graph is the gallery's newsletter. Its two models are aliases of a provider on loopback that answers at once, so
that each call takes the whole way: worker → host → tenant's process → litellm → HTTP. The offline models would leave
out the last part and add the time they take to write. Approval writes a file and sends an e-mail to loopback.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import psutil

from countersign.demo.team import Team, give_role, member_ids, publish, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack
from countersign.signing import SigningKey
from countersign.web_token import sign_web_token
from tests.bench.bench_engine import baseline, inherited
from tests.bench.children import Child
from tests.bench.frame import Ground, Row
from tests.bench.newsletter import INPUT
from tests.bench.rest import Rest
from workflows.gallery import gallery

AIM_C8 = 0.25
AIM_EFFECT_MS = 60
AIM_COLD_MS = 50
ROUNDS = 3
RUNS = {1: 30, 4: 60, 8: 96}  # how many, by how many at once
SCOPES = ["runs:read", "runs:write", "approvals:read", "approvals:decide"]


def measure(ground: Ground) -> Iterator[Row]:
    plain = baseline(ground)
    with (Child("tests.bench.outside", inherited(), ground.folder / "outside.log") as outside, Mailbox() as mailbox,
          ground.platform(email_url=mailbox.url) as platform):
        bench = Bench(platform, mailbox, outside)
        bench.play(4, at_once=2)
        yield _effect(ground, bench)
        yield Row("cold_tool_process_ms_p50", cold_start(bench, 2 if ground.quick else 15), "ms", at_most=AIM_COLD_MS)
        bench.play(4, at_once=2)
        for at_once, runs in RUNS.items():
            speed = throughput(ground, bench, at_once, runs)
            ratio = round(speed / plain, 3)
            yield Row(f"platform_runs_per_s_c{at_once}", round(speed, 2), "runs/s", ratio=ratio)
        yield Row("ratio_c8", ratio, "c/a", ratio=ratio, at_least=AIM_C8)


def throughput(ground: Ground, bench: Bench, at_once: int, runs: int) -> float:
    """Runs per second, from the first request to the last run's end: the median of a few rounds."""
    rounds, runs = (1, at_once) if ground.quick else (ROUNDS, runs)
    return median(runs / bench.play(runs, at_once) for _ in range(rounds))


def _effect(ground: Ground, bench: Bench) -> Row:
    """On an idle platform: from sending the decision until the first call that it releases has acted."""
    waits = []
    for _ in range(2 if ground.quick else 25):
        run = bench.run()
        waits.append((run.acted - run.decided) * 1000)
        time.sleep(0.1)
    return Row("decision_to_effect_ms_p50", round(median(waits), 1), "ms", at_most=AIM_EFFECT_MS)


@dataclass(frozen=True)
class Played:
    """When, on the wall clock: the decision was sent, the file was there."""

    id: str
    decided: float
    acted: float


class Bench:
    """A team with the newsletter published on instant models, and one editor's token for each of eight clients."""

    def __init__(self, platform: Stack, mailbox: Mailbox, outside: Child) -> None:
        self.platform = platform
        ports = outside.ask(what="ports")["ports"]
        self.outside = outside
        team = set_up_team(platform.url, mailbox, name="Platform", slug="platform", domain="bench.example",
                           password=platform.secrets.demo_password, invited={"editor": "editor"})
        self.team = team
        self.tenant = next(each["id"] for each in team.admin.all("tenants/"))
        self.user = member_ids(team)[team.admin.email]
        self.workflow = _publish(team, ports)
        self.clients = [Rest(platform.url, _token(team, number)) for number in range(8)]

    def play(self, runs: int, at_once: int) -> float:
        """Seconds that so many runs took with so many clients."""
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as several:
            list(several.map(lambda client: [self.run(client) for _ in range(runs // at_once)],
                             self.clients[:at_once]))
        took = time.perf_counter() - began
        for client in self.clients:
            client.let_go()
        return took

    def run(self, client: Rest | None = None) -> Played:
        """One newsletter, from its start to its end. Raises RuntimeError when it ends otherwise."""
        client = client or self.clients[0]
        path = self.team.path
        run = client.ask("POST", f"{path}/runs/", {"workflow": self.workflow, "input": INPUT})["id"]
        with client.events(f"{path}/runs/{run}/events/stream/") as events:
            opened = next(event for event in events if event["kind"] == "gate.opened")
            request = f"{path}/approvals/{opened['data']['request']}/"
            seen = client.ask("GET", request)
            decided = time.time()
            client.ask("POST", f"{request}decisions/", {"verdict": "approve", "revision": seen["revision"],
                                                        "plan_hash": seen["plan_hash"]})
            last = next((event["kind"] for event in events if event["kind"] in ENDS), "the stream broke off")
        if last != "run.completed":
            raise RuntimeError(f"A run ended with {last}.")
        file = self.platform.state / "artifacts" / self.tenant / run / "newsletter.md"
        return Played(run, decided, file.stat().st_mtime)


ENDS = ("run.completed", "run.rejected", "run.failed", "run.cancelled", "run.needs_attention")


def cold_start(bench: Bench, times: int) -> float:
    """From a request for a team whose process is not running to its answer. The process is killed before each."""
    host = httpx.Client(base_url=f"http://127.0.0.1:{bench.platform.toolserver_port}/t/{bench.tenant}", timeout=30)
    key = SigningKey.load(bench.platform.secrets.grant_signing_key)
    waits = []
    for _ in range(times):
        for process in tenant_processes(bench.platform):
            process.kill()
        time.sleep(0.3)
        token = sign_web_token(UUID(bench.tenant), UUID(bench.user), ["catalogue"], key=key)
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        answer = host.post("mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)
        waits.append((time.perf_counter() - began) * 1000)
        assert "files.write" in answer.text, answer.text
    return round(median(waits), 1)


def tenant_processes(platform: Stack) -> list[psutil.Process]:
    """Children of the fork server, which is a child of the host."""
    host = psutil.Process(platform.children["toolserver"].process.pid)
    return [each for server in host.children() for each in server.children()]


def _publish(team: Team, ports: dict[str, int]) -> str:
    """The workflow's id."""
    role = give_role(team, [team.editor])
    secret = {"host": "127.0.0.1", "port": ports["smtp"], "tls": "none", "from": "Bench <bench@bench.example>"}
    team.admin.post(f"{team.path}/credentials/", {"name": "mail", "kind": "smtp", "secret": secret})
    team.admin.post(f"{team.path}/credentials/", {"name": "key", "kind": "model_key", "secret": {"api_key": "instant"}})
    for alias in ("writer", "reviewer"):
        team.admin.post(f"{team.path}/models/", {"alias": alias, "providers": [
            {"model": "openai/gpt-4.1", "credential": "key", "api_base": f"http://127.0.0.1:{ports['model']}/v1"}]})
    spec: dict[str, Any] = gallery()["newsletter"].spec
    nodes = [{**node, "model": {"draft": "writer", "check": "reviewer"}[node["id"]]} if "model" in node else node
             for node in spec["nodes"]]
    workflow = team.admin.post(f"{team.path}/workflows/", {"name": "Newsletter", "spec": {**spec, "nodes": nodes}})
    path = f"{team.path}/workflows/{workflow['id']}"
    team.admin.call("PUT", f"{path}/permissions/", {"role": role, "actions": ["view", "run", "decide"]})
    publish(team, f"{path}/versions/1/")
    return workflow["id"]


def _token(team: Team, number: int) -> str:
    return team.editor.post(f"{team.path}/tokens/", {"name": f"client {number}", "scopes": SCOPES})["secret"]
