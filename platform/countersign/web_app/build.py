"""Turn `frontend/` into `frontend/dist`, when it has changed since the last time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from countersign.web_app.node import Node, find_node
from countersign.web_app.places import BUILT, SOURCES, CannotBuild

#: Beside sources, what a build leaves there; and what changes no build.
IGNORED = {"node_modules", "dist", "dist.new", ".build.lock", "eslint.config.js", ".gitignore", "README.md"}


def build_web_app(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder to serve; several callers at once build once. Raises CannotBuild."""
    with (SOURCES / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _hash(_sources())
        if _note(BUILT / ".built-from") == wanted:
            return BUILT
        node = find_node(say)
        install_packages(node, say)
        say("building the web app")
        run_npm(node, "run", "--silent", "build", "--", "--outDir", "dist.new", "--emptyOutDir")
        (SOURCES / "dist.new" / ".built-from").write_text(wanted)
        shutil.rmtree(BUILT, ignore_errors=True)
        (SOURCES / "dist.new").rename(BUILT)
        return BUILT


def install_packages(node: Node, say: Callable[[str], None] = lambda _: None) -> None:
    """What package-lock.json pins, unless the very same is there already.

    Not by `npm ci`: it refuses a lock file made where the registry has no packages for other platforms.
    """
    note = SOURCES / "node_modules" / ".installed-from"
    pins = _hash([SOURCES / "package-lock.json"])
    if _note(note) != pins:
        say("installing the web app's packages; the first time takes half a minute")
        run_npm(node, "install", "--no-save", "--no-audit", "--no-fund")
        note.write_text(pins)


def run_npm(node: Node, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What npm printed. Raises CannotBuild with its end."""
    path = os.pathsep.join([str(node.path), os.environ.get("PATH", "")])
    done = subprocess.run([*node.npm, *arguments], cwd=SOURCES, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env={**os.environ, **(environment or {}), "PATH": path, "CI": "true"})
    if done.returncode:
        raise CannotBuild(f"The web app could not be built: npm {' '.join(arguments[:3])} failed.",
                          done.stdout + done.stderr)
    return done.stdout


def _sources() -> Iterator[Path]:
    for entry in sorted(SOURCES.iterdir()):
        if entry.name not in IGNORED:
            yield from sorted(p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]


def _hash(files: Iterator[Path] | list[Path]) -> str:
    sum = hashlib.sha256()
    for file in files:
        sum.update(str(file.relative_to(SOURCES)).encode() + b"\0" + file.read_bytes() + b"\0")
    return sum.hexdigest()


def _note(file: Path) -> str:
    return file.read_text() if file.exists() else ""
