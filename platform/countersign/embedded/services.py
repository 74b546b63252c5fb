"""Postgres and Redis for whoever needs them: the ones whose addresses are set, or embedded ones."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from countersign.database.roles import ensure_roles
from countersign.embedded.postgres import Postgres, prepare_database
from countersign.embedded.redis import Redis


class Services(contextlib.AbstractContextManager):
    """Started on entry, stopped on exit. With `embedded`, never those of the environment.

    `owner_url` owns `database`; `url` is its address without a role's rights. `folder` keeps the state. As root it may
    lie under a home that the database's user cannot enter: then the data go to `/var/tmp`, under a name that follows
    from the folder.
    """

    def __init__(self, folder: Path, *, secret: str, database: str = "countersign",
                 settings: dict[str, str] = {}, embedded: bool = False) -> None:
        self.folder = folder.absolute()
        self.secret = secret
        self.database = database
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        self.socket_dir = Path(tempfile.gettempdir()) / f"countersign-{name}"
        data = _data_folder(self.folder, Path("/var/tmp") / f"countersign-{name}") / "postgres" / "data"
        has_database = os.environ.get("DATABASE_URL") and os.environ.get("DATABASE_OWNER_URL") and not embedded
        has_redis = os.environ.get("REDIS_URL") and not embedded
        self.postgres = None if has_database else Postgres(data, self.socket_dir / "pg", settings=settings)
        self.redis = None if has_redis else Redis(self.folder / "redis", self.socket_dir)

    def __enter__(self) -> Services:
        try:
            if self.redis:
                self.redis.start()
            if self.postgres:
                self.postgres.start()
                prepare_database(self.postgres.url(), name=self.database)
                ensure_roles(self.postgres.url(), secret=self.secret)
            else:
                ensure_roles(os.environ["DATABASE_OWNER_URL"], secret=self.secret)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.postgres:
            self.postgres.stop()
        if self.redis:
            self.redis.stop()
        if self.postgres or self.redis:
            shutil.rmtree(self.socket_dir, ignore_errors=True)

    @property
    def owner_url(self) -> str:
        return self.postgres.url(self.database, "owner") if self.postgres else os.environ["DATABASE_OWNER_URL"]

    @property
    def url(self) -> str:
        return self.postgres.url(self.database, "web") if self.postgres else os.environ["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        return self.redis.url() if self.redis else os.environ["REDIS_URL"]


def _data_folder(folder: Path, elsewhere: Path) -> Path:
    """Where the cluster is, if there is one already: a new one beside it would look like lost data."""
    for known in (elsewhere, folder):
        if (known / "postgres").exists():
            return known
    return folder if _enterable(folder) else elsewhere


def _enterable(folder: Path) -> bool:
    """Whether the database's user may pass through every folder above: only a question for root."""
    if os.geteuid() != 0:
        return True
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    return all(p.stat().st_mode & 0o001 for p in (existing, *existing.parents))
