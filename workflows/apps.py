from uuid import UUID

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "workflows"

    def ready(self) -> None:
        from approvals.signals import request_settled, role_removal_asked
        from countersign.doorbells.services import on_topic
        from countersign.signals import worker_starts, worker_stops
        from workflows.receivers import on_request_settled, on_role_removal_asked

        on_topic("run", _ring_for_run)
        request_settled.connect(on_request_settled, dispatch_uid="workflows.runs")
        role_removal_asked.connect(on_role_removal_asked, dispatch_uid="workflows.versions")
        worker_starts.connect(_prepare_engine, dispatch_uid="workflows.engine")
        worker_stops.connect(_drain_engine, dispatch_uid="workflows.engine")


def _ring_for_run(tenant_id: UUID, run_id: UUID) -> None:
    from workflows.actors import ring_for_run

    ring_for_run(tenant_id, run_id)


def _prepare_engine(sender: object, queue: str, threads: int, **_: object) -> None:
    """Import and open before the first message what would otherwise make it wait."""
    if queue == "runs":
        from countersign.database.presence import Presence
        from workflows.engine import lease, pool, turn  # noqa: F401

        pool.engine_pool(most=threads + 1)
        lease.holder = Presence().__enter__().holder  # for as long as the process lives


def _drain_engine(sender: object, **_: object) -> None:
    from workflows.engine.drain import drain

    drain()
