"""Real documents: the four changelogs beside the repository where they are, and the notes that the project ships."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from toolserver.process.offline.drafter import write_draft
from toolserver.process.offline.prompt import Prompt, read_prompt

ROOT = Path(__file__).resolve().parents[3]
INPUTS = ROOT.parent / "shared" / "inputs"
NOTES = ROOT / "platform" / "countersign" / "demo" / "notes"

Documents = dict[str, str]


def read_folder(folder: Path) -> Documents:
    return {file.name: file.read_text() for file in sorted(folder.iterdir()) if file.is_file()}


@pytest.fixture(params=["newsletter", "research", "legal", "notes"])
def documents(request: pytest.FixtureRequest) -> Documents:
    """Each set of documents in turn."""
    folder = NOTES if request.param == "notes" else INPUTS / request.param
    if not folder.is_dir():
        pytest.skip(f"there is no folder {folder}")
    return read_folder(folder)


@pytest.fixture
def changelogs() -> Documents:
    if not (INPUTS / "newsletter").is_dir():
        pytest.skip("the four changelogs are not beside the repository")
    return read_folder(INPUTS / "newsletter")


@pytest.fixture
def notes() -> Documents:
    return read_folder(NOTES)


def prompt_of(documents: Documents, instructions: str = "Write a newsletter.", *,
              feedback: tuple[str, ...] = (), previous: str = "", source: str = "person", draft: str = "",
              checks: dict[str, str] | None = None) -> Prompt:
    parts = [instructions, *(f'<document name="{name}">\n{text}</document>' for name, text in documents.items())]
    parts += [f'<feedback from="{source}">{text}</feedback>' for text in feedback]
    parts += [f"<previous_draft>\n{previous}</previous_draft>"] if previous else []
    parts += [f"<draft>\n{draft}</draft>"] if draft else []
    parts += [f'<check id="{id}">{text}</check>' for id, text in (checks or {}).items()]
    return read_prompt([{"role": "user", "content": "\n\n".join(parts)}])


@pytest.fixture
def prompt() -> Callable[..., Prompt]:
    return prompt_of


@pytest.fixture
def drafted() -> Callable[..., str]:
    def draft(documents: Documents, *feedback: str, instructions: str = "Write a newsletter.", **more: str) -> str:
        return write_draft(prompt_of(documents, instructions, feedback=feedback, **more))

    return draft
