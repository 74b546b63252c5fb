from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "frontend"
BUILT = SOURCES / "dist"


class CannotBuild(Exception):
    """Says what to do; `log` is the end of what the tool printed."""

    def __init__(self, what: str, log: str = "") -> None:
        self.log = log[-3000:].strip()
        super().__init__(f"{what}\n{self.log}" if self.log else what)
