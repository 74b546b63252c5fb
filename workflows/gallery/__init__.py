"""Workflows that ship with the product: one YAML file each, named by its id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workflows.spec.reading import spec_from_text

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class GalleryEntry:
    id: str
    name: str
    description: str
    spec: dict[str, Any]


@cache
def gallery() -> dict[str, GalleryEntry]:
    """Every entry by its id."""
    specs = {path.stem: spec_from_text(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}
    return {id: GalleryEntry(id, spec["name"], spec["description"], spec) for id, spec in specs.items()}
