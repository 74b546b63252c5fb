from __future__ import annotations

import logging
import signal
import threading

import dramatiq
from django.core.management.base import BaseCommand
from dramatiq import Worker

from countersign.broker import import_actors
from countersign.database.roles import refuse_stronger_role
from countersign.logs import get_logger
from countersign.signals import worker_starts, worker_stops

log = get_logger(__name__)

#: Queues whose messages say that there is work, and are not the work.
ONLY_WAKES = {"runs"}
#: Milliseconds between two looks of an idle thread at whether it is to stop.
IDLE_LOOK = 500


class Command(BaseCommand):
    help = "Work on a queue: `runs` advances runs, `notify` sends the platform's mail."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--queue", default="runs")
        parser.add_argument("--threads", type=int, default=4,
                            help="runs or messages that are worked on at the same time")
        parser.add_argument("--turns", type=int, default=256,
                            help="runs under way at once, those included that wait for a model or a tool")
        parser.add_argument("--grace", type=float, default=25, help="seconds that work under way gets after SIGTERM")

    def handle(self, *, queue: str, threads: int, turns: int, grace: float, **_: object) -> None:
        refuse_stronger_role("engine")
        import_actors()
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        logging.getLogger("dramatiq").setLevel(logging.WARNING)
        worker_starts.send(sender=type(self), queue=queue, threads=threads, turns=turns)
        worker = Worker(dramatiq.get_broker(), queues={queue}, worker_timeout=IDLE_LOOK,
                        worker_threads=1 if queue in ONLY_WAKES else threads)
        worker.start()
        log.info("worker.ready", queue=queue, threads=threads)
        stopping.wait()
        log.info("worker.stops")
        worker_stops.send(sender=type(self), queue=queue, grace=grace)
        worker.stop(timeout=int(grace * 1000))
