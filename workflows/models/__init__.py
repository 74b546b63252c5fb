from workflows.models.runs import ENDED, Run, RunEvent, RunStatus
from workflows.models.templates import Template, Version, VersionStatus

__all__ = ["ENDED", "Run", "RunEvent", "RunStatus", "Template", "Version", "VersionStatus"]
