"""From the first run to the last count: traffic under strikes, quiet, what people have to say, and the verdict."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from countersign.chaos.books import Books
from countersign.chaos.strikes import Strikes
from countersign.chaos.traffic import Desk, Traffic
from countersign.demo.client import Refused
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Child, Stack

TELL_EVERY = 10
#: Seconds that runs get to come to rest once nothing is broken any more; and after which, under strikes, it is given up
#: that another one will.
CALM = 180
ROUNDS = 6
MUST_BE_ZERO = ("lost", "stuck", "doubled_effects", "doubled_decisions", "stale_writes")
AT_MOST = {"resume_p95_s": 5, "resume_max_s": 15}
#: From so many stops of workers on it would be strange if none had been refused anything.
MANY_STOPS = 5


@dataclass
class Verdict:
    """What came of it. `remarks` are sentences for people; `faults` say why it did not hold."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def value(self, name: str) -> float:
        return next(row["value"] for row in self.rows if row["name"] == name)

    def add(self, name: str, value: float, unit: str = "") -> None:
        self.rows.append({"name": name, "value": value, "unit": unit, "ratio": None})
        if name in MUST_BE_ZERO and value:
            self.faults.append(f"{name} is {value}")
        if value > AT_MOST.get(name, value):
            self.faults.append(f"{name} is {value}, more than {AT_MOST[name]}")


class Course:
    def __init__(self, stack: Stack, mailbox: Mailbox, desks: list[Desk], *, seed: int,
                 say: Callable[[str], None]) -> None:
        self.stack = stack
        self.mailbox = mailbox
        self.desks = desks
        self.say = say
        self.books = Books(stack.services.postgres.url(stack.services.database, "backup"))
        self.strikes = Strikes(stack, self.books, seed=seed, say=say)
        self._told = time.monotonic()

    def run(self, *, runs: int, most: int, seconds: float | None) -> Verdict:
        begun = time.monotonic()
        with Traffic(self.desks, wanted=runs, most=most) as traffic:
            self._storm(traffic, until=begun + seconds if seconds else None)
            took = time.monotonic() - begun
            self.strikes.end()
            self.say(f"quiet after {took:.0f} s; {len(self.strikes.kills)} kills, "
                     + ", ".join(f"{name} {times}" for name, times in sorted(self.strikes.done.items())))
            self._settle(traffic)
            verdict = self._count(traffic)
            verdict.faults += forbidden(traffic, wanted=0 if seconds else runs, attentions=self.books.attentions())
            verdict.remarks.insert(0, f"{traffic.started} runs in {took:.0f} s: {traffic.started / took:.1f} a second")
            return verdict

    def _storm(self, traffic: Traffic, *, until: float | None) -> None:
        """Until every run is at rest, or it is plain that some never will be; with a time limit, no run is started
        after it."""
        most, moved = 0, time.monotonic()
        while not traffic.at_rest:
            if traffic.resting > most:
                most, moved = traffic.resting, time.monotonic()
            late = time.monotonic() > moved + CALM
            if late:
                self.say(f"no run has come to rest for {CALM} s")
            if late or (until and time.monotonic() > until):
                traffic.start_no_more()
                return
            self._mind(traffic)
            self.strikes.tick()

    def _mind(self, traffic: Traffic) -> None:
        self.stack.watch()
        if time.monotonic() - self._told > TELL_EVERY:
            self._told = time.monotonic()
            self.say(f"{traffic.started} started, {traffic.resting} at rest, {len(self.mailbox.received)} e-mails, "
                     f"{len(self.strikes.kills)} kills")
        time.sleep(0.05)

    def _rest(self, traffic: Traffic) -> bool:
        deadline = time.monotonic() + CALM
        while time.monotonic() < deadline:
            self._mind(traffic)
            if traffic.at_rest:
                return True
        return False

    def _settle(self, traffic: Traffic) -> None:
        """Rest, then answer what the runs ask of people, until none asks any more."""
        for _ in range(ROUNDS):
            self._rest(traffic)
            asking = self._asking()
            if not asking:
                return
            self.say(f"{len(asking)} runs need attention: " + _counted(run["attention_reason"] for _, run in asking))
            for desk, run in asking:
                self._answer(traffic, desk, run)
            time.sleep(2)

    def _asking(self) -> list[tuple[Desk, dict[str, Any]]]:
        runs = self.books.statuses()
        return [(desk, runs[id]) for desk in self.desks for id in desk.runs
                if id in runs and runs[id]["status"] == "needs_attention"]

    def _answer(self, traffic: Traffic, desk: Desk, run: dict[str, Any]) -> None:
        """As a person would: look into the mailbox for a call in doubt, retry what only needs another try."""
        ask, admin, path = traffic.patience, desk.team.admin, desk.team.path
        try:
            if run["attention_reason"] != "in_doubt":
                ask.ask(admin, "POST", f"{path}/runs/{run['id']}/retry/", {})
                return
            entry = ask.get(admin, f"{path}/runs/{run['id']}/")["attention"]["ledger_entry"]
            arrived = any(run["recipient"] in mail.recipients for mail in self.mailbox.received)
            ask.ask(admin, "POST", f"{path}/tool-calls/{entry}/resolution/", {
                "happened": arrived, "note": "Looked into the mailbox."})
        except Refused as refusal:
            traffic.failures.append(str(refusal))

    # -- the count

    def _count(self, traffic: Traffic) -> Verdict:
        verdict = Verdict()
        runs = self.books.statuses()
        arrived = Counter(address for mail in self.mailbox.received for address in mail.recipients)
        lost, stuck, doubled = [], [], []
        for desk in self.desks:
            for id, wanted in desk.runs.items():
                run = runs.get(id, {"status": "missing", "attention_reason": "", "error": None})
                told = f"{wanted.address} {id} {run['status']} {run['attention_reason']} {run['error'] or ''}"
                if run["status"] in ("queued", "running", "waiting", "needs_attention"):
                    stuck.append(told)
                elif run["status"] != wanted.end or arrived[wanted.address] < (wanted.end == "completed"):
                    lost.append(f"{told}, {arrived[wanted.address]} e-mails")
                if arrived[wanted.address] > (wanted.end == "completed"):
                    doubled.append(f"{told}, {arrived[wanted.address]} e-mails")
        accepted = {id for desk in self.desks for id in desk.runs}
        ours = tuple(f"@{desk.team.slug}.example" for desk in self.desks)
        doubled += [f"{id} was started and nobody was told" for id, run in runs.items()
                    if id not in accepted and run["recipient"].endswith(ours)]
        stale = self.books.stale_writes()
        doubled_decisions = self.books.doubled_decisions()
        attentions = self.books.attentions()
        verdict.add("runs", len(accepted))
        verdict.add("lost", len(lost))
        verdict.add("stuck", len(stuck))
        verdict.add("doubled_effects", len(doubled))
        verdict.add("doubled_decisions", sum(doubled_decisions.values()))
        verdict.add("stale_writes", len(stale))
        verdict.add("refused", self.strikes.refused())
        verdict.add("in_doubt", attentions.get("in_doubt", 0))
        verdict.add("kills", len(self.strikes.kills))
        self._tell_resumes(verdict)
        verdict.remarks.append("runs that ever asked for attention: " + (str(attentions) if attentions else "none"))
        verdict.remarks.append("clients asked again after: " + _counted_dict(traffic.patience.troubles))
        if not verdict.value("refused") and self.strikes.done["stop a worker"] >= MANY_STOPS:
            verdict.remarks.append("no stale worker ever tried to write: `stale_writes` says little")
        decided = [f"{times} × {what}" for what, times in doubled_decisions.items()]
        for what in (*lost, *stuck, *doubled, *decided, *stale, *traffic.failures):
            verdict.remarks.append(f"! {what}")
        for desk in self.desks:
            answer = desk.team.admin.get(f"{desk.team.path}/audit/verify/")
            if not answer["ok"]:
                verdict.faults.append(f"the audit chain of {desk.team.slug} does not verify: {answer}")
        return verdict

    def _tell_resumes(self, verdict: Verdict) -> None:
        """A killed worker takes its runs along, and these are what is promised; a killed host only interrupts them."""
        resumes = self.strikes.resumes()
        workers, hosts = (sorted(each for victim, seconds in resumes.items() if victim.startswith(kind)
                                 for each in seconds) for kind in ("worker", "toolserver"))
        verdict.add("resume_p95_s", _quantile(workers, 0.95), "s")
        verdict.add("resume_max_s", _quantile(workers, 1), "s")
        verdict.add("host_resume_p95_s", _quantile(hosts, 0.95), "s")
        for victim, seconds in sorted(resumes.items()):
            each = sorted(seconds)
            if each:
                verdict.remarks.append(f"{len(each)} runs hit by the death of {victim}: half went on within "
                                       f"{_quantile(each, 0.5)} s, 95 % within {_quantile(each, 0.95)} s, all within "
                                       f"{_quantile(each, 1)} s")


def forbidden(traffic: Traffic, *, wanted: int, attentions: Mapping[str, int]) -> Iterator[str]:
    """What no row says, and must not be either: `wanted` runs were to be started, if that many were."""
    if traffic.started < wanted:
        yield f"{traffic.started} of {wanted} runs were accepted"
    if quarantined := attentions.get("quarantined"):
        yield f"{quarantined} runs were quarantined, and none of them is poison"
    if traffic.failures:
        yield f"{len(traffic.failures)} requests of clients failed for good"
    for status, times in sorted(traffic.patience.troubles.items()):
        if status.startswith("5") and status != "503":  # the one that says when to come back
            yield f"{times} requests were answered {status}"


def more_processes(stack: Stack, *, workers: int) -> None:
    """Beside those that there are: more workers, and a scheduler in reserve."""
    for name in (*(f"worker-{number}" for number in range(2, workers + 1)), "scheduler-2"):
        kind = name.partition("-")[0]
        log = stack.logs / f"{name}.log" if stack.logs else None
        stack.children[name] = Child(name, stack.command(kind), stack.environment(kind), log, stack.nursery)
        stack.children[name].start()


def _quantile(ordered: list[float], share: float) -> float:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else 0.0


def _counted(what: Any) -> str:
    return _counted_dict(Counter(what))


def _counted_dict(counter: Counter) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counter.items())) or "nothing"
