"""Starting, cancelling and retrying runs: each one transaction with its audit entry and its outbox row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest
from approvals.services import Subject, cancel_requests, reissue_grants
from countersign.clock import now
from countersign.database.statements import insert, load, pipelined
from countersign.doorbells.services import ring, withdraw
from tenants.audit import Actor
from tenants.audit import record as record_audit
from tenants.models import User
from workflows.engine import lease
from workflows.engine.events import Event, record
from workflows.errors import NothingPublished, RunNotCancellable, RunNotRetryable
from workflows.models import Run, RunStatus, Template, Version
from workflows.queries.templates import published_version
from workflows.services.run_text import check_text
from workflows.spec.document import Spec
from workflows.spec.inputs import check_input

#: What a retry adds to the limit that the run met.
MORE_REVISIONS = 10


def start_run(*, template: Template, run_input: Any, actor: Actor, started_by: User | None, title: str = "",
              number: int | None = None) -> Run:
    """Promise a run of the template's newest published version, or of the published version with this number.

    Raises Invalid naming each faulty field as `input.<path>`, NothingPublished.
    """
    version = _version(template, number)
    spec = _spec_of(version.id)
    check_text(run_input)
    run_input = check_input(spec.input, run_input)
    run = Run(template=template, version=version, input=run_input, title=title.strip() or _title(run_input),
              limits=spec.limits.model_dump(), started_by=started_by)
    with pipelined():
        insert([run])
        record(run.tenant_id, run.id, Event("run.queued", data={"version": version.number}))
        record_audit(action="run.started", subject=("run", run.id), actor=actor,
                     data={"template": template.id, "version": version.id, "number": version.number})
        ring("run", tenant_id=run.tenant_id, subject_id=run.id)
    run.event_seq = 1
    return run


def _title(run_input: dict[str, Any]) -> str:
    title = run_input.get("title")
    return title.strip()[:200] if isinstance(title, str) else ""


def _version(template: Template, number: int | None) -> Version:
    if template.archived_at is not None:
        raise NothingPublished("This workflow is archived.", code="workflow_archived")
    version = published_version(template, number)
    if version is None:
        raise NothingPublished
    return version


@lru_cache(maxsize=256)
def _spec_of(version_id: UUID) -> Spec:
    """Of a published version: it never changes."""
    [version] = load(Version, "WHERE id = %s", [version_id])
    return Spec.model_validate(version.spec)


def cancel_run(*, run: Run, actor: Actor, reason: str = "") -> Run:
    """End a run that has not ended: close its requests, revoke its grants, refuse its worker from now on.

    A tool call that has happened is not undone. Cancelling a cancelled run changes nothing. Raises RunNotCancellable.
    """
    # Outbox, lease, requests, run: the order in which everybody locks them.
    if not RunStatus(run.status).ended:
        withdraw("run", run.id)
        lease.revoke(run.id)
        cancel_requests(subject=Subject("run", run.id), actor=actor)
    run = Run.objects.select_for_update().get(id=run.id)
    if run.status == RunStatus.CANCELLED:
        return run
    if RunStatus(run.status).ended:
        raise RunNotCancellable
    record(run.tenant_id, run.id, Event("run.cancelled", data={"reason": reason}))
    run.status, run.ended_at, run.attention_reason, run.attention = RunStatus.CANCELLED, now(), "", {}
    run.save(update_fields=["status", "ended_at", "attention_reason", "attention"])
    record_audit(action="run.cancelled", subject=("run", run.id), actor=actor, data={"reason": reason})
    return run


def retry_run(*, run: Run, actor: Actor) -> Run:
    """Take a run that needs attention, or failed, up again from its last checkpoint.

    A limit that it met is raised, an expired approval is given again if its people still may: retrying is what allows
    it. The planned calls keep their keys, so what has happened does not happen again. Raises RunNotRetryable.
    """
    if run.attention_reason == "grant_expired":
        _reissue(run, actor)
    run = Run.objects.select_for_update().get(id=run.id)
    if run.status not in (RunStatus.NEEDS_ATTENTION, RunStatus.FAILED):
        raise RunNotRetryable
    met = run.attention_reason or (run.error or {}).get("code", "")
    run.limits = _raised(run.limits, met, Spec.model_validate(run.version.spec))
    run.status, run.attention_reason, run.attention = RunStatus.QUEUED, "", {}
    run.attempts, run.ended_at, run.error = 0, None, None
    run.save(update_fields=["limits", "status", "attention_reason", "attention", "attempts", "ended_at", "error"])
    record(run.tenant_id, run.id, Event("run.queued", data={"retry": met}))
    record_audit(action="run.retried", subject=("run", run.id), actor=actor, data={"after": met})
    ring("run", tenant_id=run.tenant_id, subject_id=run.id)
    return run


def _reissue(run: Run, actor: Actor) -> None:
    request = ApprovalRequest.objects.filter(id=run.request_id).first()
    if request is not None:
        reissue_grants(request=request, actor=actor)


def _raised(limits: dict[str, Any], met: str, spec: Spec) -> dict[str, Any]:
    more = {"limit_revisions": ("revisions", MORE_REVISIONS), "limit_steps": ("steps", spec.limits.steps),
            "limit_seconds": ("seconds", spec.limits.seconds), "limit_cost": ("cost", spec.limits.cost)}
    if met not in more:
        return limits
    name, amount = more[met]
    return {**limits, name: limits[name] + amount}


