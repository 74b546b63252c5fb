"""A process that measures: told over its standard input how much to do, answering with what it took."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """`python -m <module>` with exactly this environment; its log is what a failure shows."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        self.module, self.environment, self.log = module, environment, log

    def __enter__(self) -> Child:
        with self.log.open("w") as log:
            self.process = subprocess.Popen([sys.executable, "-m", self.module], cwd=ROOT, env=self.environment,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask(self, **what: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended: {self.log.read_text()[-3000:]}")
        return json.loads(line)


def serve(answer: Callable[..., dict[str, Any]]) -> None:
    """The child's side: ready, then one answer per line. Whatever else prints goes to the log."""
    replies: TextIO = sys.stdout
    sys.stdout = sys.stderr
    print("{}", file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), file=replies, flush=True)
