"""What runs leave: one folder a run, `<root>/<tenant>/<run>/`, behind this small interface."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from countersign.errors import Invalid, NotFound, field_fault

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True)
class Artifact:
    name: str
    size: int
    sha256: str


class RunFolder:
    """One run's artifacts. Names are flat (no folders), so nothing outside can be named."""

    def __init__(self, root: str | Path, *, tenant: UUID, run: UUID) -> None:
        self.path = Path(root) / str(UUID(str(tenant))) / str(UUID(str(run)))

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise Invalid("An artifact's name is letters, digits, dots, dashes and underscores.",
                          fields=[field_fault("name", "artifact_name", f"{name[:120]!r} is not such a name.")])
        return self.path / name

    def write(self, name: str, content: bytes) -> Artifact:
        """Replace the artifact as a whole, or leave the old one: a reader never sees half. Safe to repeat."""
        target = self._file(name)
        self.path.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=self.path, prefix=".partial-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(partial, 0o640)
            os.replace(partial, target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return Artifact(name, len(content), hashlib.sha256(content).hexdigest())

    def read(self, name: str) -> bytes:
        """Raises NotFound."""
        file = self._file(name)
        if file.is_symlink() or not file.is_file():
            raise NotFound
        return file.read_bytes()

    def list(self) -> list[Artifact]:
        if not self.path.is_dir():
            return []
        files = sorted(f for f in self.path.iterdir() if NAME.fullmatch(f.name) and f.is_file() and not f.is_symlink())
        return [Artifact(f.name, f.stat().st_size, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files]
