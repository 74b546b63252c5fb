"""What can go wrong with templates, versions and runs."""

from countersign.errors import Conflict, CountersignError


class TemplateFailed(CountersignError):
    """A Jinja template that does not compile, uses what it may not, or fails on the values it was given."""

    code = "template_error"
    status = 422
    detail = "A template in the spec could not be rendered."


class VersionPublished(Conflict):
    code = "version_published"
    detail = "Published versions never change. Make a new version from this one."


class VersionRetired(Conflict):
    code = "version_retired"
    detail = "This version was retired. Make a new version from it to use it again."


class TemplateNameTaken(Conflict):
    code = "name_taken"
    detail = "This team has a workflow of that name already."


class VersionChanged(Conflict):
    code = "version_changed"
    detail = "This version changed since you read it. Load it again, look at it, then publish."


class NothingPublished(Conflict):
    code = "nothing_published"
    detail = "This workflow has no such published version. Publish one, then start the run."


class RunNotCancellable(Conflict):
    code = "run_ended"
    detail = "This run has ended already."


class RunNotRetryable(Conflict):
    code = "run_not_retryable"
    detail = "Only a run that needs attention or failed can be retried."
