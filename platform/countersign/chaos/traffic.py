"""The people of a few teams: they start runs and decide on what waits for them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from countersign.chaos.patience import Patience, until_served
from countersign.demo.team import Team, add_mail_credential, give_role, publish_newsletter, set_up_team
from countersign.embedded.mailbox import Mailbox
from countersign.embedded.stack import Stack

DOCUMENTS = [
    {"name": "rain.md", "text": "# Rain\n\n- It rained for three days and the river rose by a metre.\n"
                                "- The bridge was closed on Tuesday; repairs begin next week.\n"},
    {"name": "library.md", "text": "# Library\n\n- The library opens on Sundays from May on.\n"
                                   "- 300 new books arrived, most of them for children.\n"}]
LOOK_EVERY = 0.3
ACTIVE = "queued,running,waiting"


@dataclass
class Wanted:
    """One run, as its person means it. Its address is its own: what arrives there is this run's doing."""

    number: int
    slug: str

    @property
    def address(self) -> str:
        return f"run{self.number}@{self.slug}.example"

    @property
    def asks_for_changes(self) -> bool:
        return self.number % 7 == 1

    @property
    def clicks_twice(self) -> bool:
        return self.number % 4 == 2

    @property
    def is_rejected(self) -> bool:
        return self.number % 20 == 3

    @property
    def end(self) -> str:
        return "rejected" if self.is_rejected else "completed"


@dataclass
class Desk:
    """One team's people and their runs. `runs` are those that the API has accepted, by id."""

    team: Team
    workflow: str
    wanted: list[Wanted] = field(default_factory=list)
    starting: set[int] = field(default_factory=set)
    runs: dict[str, Wanted] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    @property
    def in_flight(self) -> int:
        return len(self.starting) + len(self.runs) - len(self.resting)


def open_desks(stack: Stack, mailbox: Mailbox, *, teams: int, named: str = "team") -> list[Desk]:
    desks = []
    for number in range(1, teams + 1):
        slug = f"{named}{number}"
        team = set_up_team(stack.url, mailbox, name=slug.title(), slug=slug, domain=f"{slug}.example",
                           password=stack.secrets.demo_password, invited={"editor": "editor"})
        add_mail_credential(team)
        desks.append(Desk(team, until_served(
            lambda team=team: publish_newsletter(team, give_role(team, [team.editor])))))
    return desks


class Traffic:
    """`most` runs of all teams are under way at once, `wanted` are started in all. Failures end up in `failures`."""

    def __init__(self, desks: list[Desk], *, wanted: int, most: int) -> None:
        self.desks = desks
        self.most_each = max(1, most // len(desks))
        self.patience = Patience()
        self.failures: list[str] = []
        self.begun = time.monotonic()
        for number in range(1, wanted + 1):
            desk = desks[number % len(desks)]
            desk.wanted.append(Wanted(number, desk.team.slug))
        self._no_more = threading.Event()
        self._clients = ThreadPoolExecutor(16, thread_name_prefix="client")
        self._threads = [threading.Thread(target=self._sit, args=(desk,), daemon=True) for desk in desks]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.patience.over.set()
        for thread in self._threads:
            thread.join(10)
        self._clients.shutdown(cancel_futures=True)

    @property
    def started(self) -> int:
        return sum(len(desk.runs) for desk in self.desks)

    @property
    def resting(self) -> int:
        return sum(len(desk.resting) for desk in self.desks)

    @property
    def at_rest(self) -> bool:
        """Every run that was wanted has been accepted, and has ended or needs attention."""
        return not any(desk.wanted or desk.in_flight for desk in self.desks)

    def start_no_more(self) -> None:
        """What nobody has asked for yet is not asked for any more."""
        self._no_more.set()

    def _sit(self, desk: Desk) -> None:
        while not self.patience.over.wait(LOOK_EVERY):
            try:
                self._look(desk)
                self._start_more(desk)
            except TimeoutError:
                continue
            except Exception as error:
                self.failures.append(f"{desk.team.slug}: {error!r}"[:300])

    def _look(self, desk: Desk) -> None:
        known = set(desk.runs)
        active = {run["id"] for run in self._all(desk, f"runs/?status={ACTIVE}&page_size=200")}
        desk.resting = known - active
        if desk.in_flight:
            for request in self._all(desk, "approvals/?status=open&mine=true&page_size=200"):
                if request["id"] not in desk.asked:
                    desk.asked.add(request["id"])
                    self._do(self._decide, desk, request)

    def _all(self, desk: Desk, path: str) -> Iterable[dict]:
        page = self.patience.get(desk.team.editor, f"{desk.team.path}/{path}")
        while True:
            yield from page["results"]
            if not page.get("next"):
                return
            page = self.patience.get(desk.team.editor, page["next"].split("/api/v1/", 1)[1])

    def _start_more(self, desk: Desk) -> None:
        if self._no_more.is_set():
            desk.wanted.clear()
        while desk.wanted and desk.in_flight < self.most_each:
            wanted = desk.wanted.pop(0)
            desk.starting.add(wanted.number)
            self._do(self._start, desk, wanted)

    def _start(self, desk: Desk, wanted: Wanted) -> None:
        """A start that nobody answers is asked for again later, under its key: it may have been heard."""
        body = {"workflow": desk.workflow, "input": {
            "title": f"News {wanted.number}", "documents": DOCUMENTS, "recipients": [wanted.address]}}
        try:
            run = self.patience.post(desk.team.editor, f"{desk.team.path}/runs/", body, key=f"start-{wanted.number}")
        except TimeoutError:
            desk.wanted.append(wanted)
        else:
            desk.runs[run["id"]] = wanted
        finally:
            desk.starting.discard(wanted.number)

    def _decide(self, desk: Desk, request: dict) -> None:
        wanted = desk.runs.get(request["subject"]["id"])
        if wanted is None:  # its start has not been answered yet
            desk.asked.discard(request["id"])
            return
        verdict, words = "approve", ""
        if wanted.is_rejected:
            verdict, words = "reject", "Not this one."
        elif wanted.asks_for_changes and request["revision"] == 1:
            verdict, words = "request_changes", "Please lead with the library."
        body = {"verdict": verdict, "comment": words, "revision": request["revision"],
                "plan_hash": request["plan_hash"]}
        path = f"{desk.team.path}/approvals/{request['id']}/decisions/"
        clicks = [str(uuid.uuid4()) for _ in range(2 if wanted.clicks_twice else 1)]
        for key in clicks[1:]:
            self._do(self.patience.post, desk.team.editor, path, body, key=key)
        try:
            self.patience.post(desk.team.editor, path, body, key=clicks[0])
        except TimeoutError:
            desk.asked.discard(request["id"])

    def _do(self, what: Callable, *args: object, **options: object) -> None:
        def work() -> None:
            try:
                what(*args, **options)
            except Exception as error:  # a client's thread: what it met is told at the end
                self.failures.append(f"{type(error).__name__}: {error}"[:300])

        self._clients.submit(work)
