from uuid import UUID

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"

    def ready(self) -> None:
        from approvals.signals import request_settled, role_removal_asked
        from countersign.doorbells.services import on_topic
        from countersign.signals import worker_starts, worker_stops
        from workflows.receivers import on_request_settled, on_role_removal_asked

        on_topic("run", _ring_for_run, queue="runs", shared=True)
        request_settled.connect(on_request_settled, dispatch_uid="workflows.runs")
        role_removal_asked.connect(on_role_removal_asked, dispatch_uid="workflows.versions")
        worker_starts.connect(_start_engine, dispatch_uid="workflows.engine")
        worker_stops.connect(_stop_engine, dispatch_uid="workflows.engine")


def _ring_for_run(tenant_id: UUID, run_id: UUID) -> None:
    from workflows.actors import look_for_runs

    look_for_runs.send()


def _start_engine(sender: object, queue: str, threads: int, turns: int, **_: object) -> None:
    if queue == "runs":
        from countersign.database.presence import Presence
        from workflows.engine import dispatcher, lease, pool

        pool.engine_pool(most=threads)
        lease.holder = Presence().__enter__().holder  # for as long as the process lives
        dispatcher.start(at_work=threads, most_turns=turns)


def _stop_engine(sender: object, queue: str, grace: float, **_: object) -> None:
    if queue == "runs":
        from workflows.engine import dispatcher

        dispatcher.stop(grace)
