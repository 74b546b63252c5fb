"""`files.write`: leaves one artifact in the run's own folder, and can name nothing outside it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from countersign.artifacts import NAME, RunFolder
from toolserver.tools.contract import CallContext, NotDone

MAX_BYTES = 5 * 1024 * 1024


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=120, pattern=f"^{NAME.pattern}$",
                      description="The artifact's file name: letters, digits, dots, dashes, underscores.")
    content: str = Field(max_length=MAX_BYTES, description="The text to write, as UTF-8.")


class FilesWrite:
    name = "files.write"
    title = "Write a file"
    description = "Writes a text file into the run's artifact folder, replacing an earlier one of the same name."
    arguments = Arguments
    annotations = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
    credential_kind = None

    def execute(self, arguments: Arguments, context: CallContext) -> dict[str, Any]:
        try:
            content = arguments.content.encode()
        except UnicodeEncodeError as error:
            raise NotDone("The text holds half a character (a lone surrogate).", code="content_unreadable") from error
        if len(content) > MAX_BYTES:
            raise NotDone(f"The text is larger than {MAX_BYTES // 2**20} MB.", code="content_too_large")
        folder = RunFolder(context.artifacts_root, tenant=context.tenant, run=context.run)
        try:
            artifact = folder.write(arguments.name, content)
        except OSError as error:  # a write replaces the whole file or nothing
            raise NotDone(f"The file could not be written: {error.strerror}.", code="storage_failed",
                          retryable=True) from error
        return {"name": artifact.name, "size": artifact.size, "sha256": artifact.sha256}
