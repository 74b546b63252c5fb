from workflows.queries.runs import run_story, runs_visible_to

__all__ = ["run_story", "runs_visible_to"]
