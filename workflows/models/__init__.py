from workflows.models.runs import ENDED, Run, RunEvent, RunStatus

__all__ = ["ENDED", "Run", "RunEvent", "RunStatus"]
