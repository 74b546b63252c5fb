"""Documents from a folder, as a run's input; refused with a reason before anything is started."""

from __future__ import annotations

from pathlib import Path

from countersign.errors import Invalid, field_fault

NOTES = Path(__file__).parent / "notes"
MOST_FILES = 50
MOST_BYTES = 5 * 1024 * 1024


def read_sources(folder: Path) -> list[dict[str, str]]:
    """`{"name", "text"}` of each file directly in `folder`, by name. Hidden files are passed over.

    Raises Invalid with one of the codes `sources_missing`, `sources_empty`, `sources_too_many`, `sources_too_large`,
    `source_not_text`.
    """
    if not folder.is_dir():
        raise _refused("sources_missing", f"There is no folder {folder}.")
    files = sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith("."))
    if not any(f.stat().st_size for f in files):
        raise _refused("sources_empty", f"There are no documents in {folder}: put text, Markdown or RST files there.")
    if len(files) > MOST_FILES:
        raise _refused("sources_too_many", f"{folder} has {len(files)} files; a run takes {MOST_FILES} at most.")
    size = sum(f.stat().st_size for f in files)
    if size > MOST_BYTES:
        raise _refused("sources_too_large", f"The documents in {folder} are {size / 2**20:.1f} MB together; "
                                            f"a run takes {MOST_BYTES // 2**20} MB at most.")
    return [{"name": f.name, "text": _text(f)} for f in files if f.stat().st_size]


def _text(file: Path) -> str:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise _refused("source_not_text", f"{file.name} is not text in UTF-8: leave it out, or convert it first.")
    return text


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, code=code, fields=[field_fault("sources", code, detail)])
