from workflows.models.runs import ENDED, EventKind, Run, RunEvent, RunStatus
from workflows.models.templates import Template, Version, VersionStatus

__all__ = ["ENDED", "EventKind", "Run", "RunEvent", "RunStatus", "Template", "Version", "VersionStatus"]
