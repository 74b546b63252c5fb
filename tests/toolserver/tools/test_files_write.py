"""`files.write` stays in its run's folder, replaces a file as a whole, and may be repeated."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4

import pytest

from toolserver.tools.contract import CallContext, NotDone
from toolserver.tools.files_write import MAX_BYTES, Arguments, FilesWrite


@pytest.fixture
def call(tmp_path: Path) -> CallContext:
    return CallContext(tenant=uuid4(), run=uuid4(), idempotency_key="k", artifacts_root=tmp_path,
                       credential=lambda kind: {})


def write(call: CallContext, name: str, content: str) -> dict:
    return FilesWrite().execute(Arguments(name=name, content=content), call)


def test_the_file_is_in_the_runs_folder(call) -> None:
    result = write(call, "newsletter.md", "# Grüße")
    file = call.artifacts_root / str(call.tenant) / str(call.run) / "newsletter.md"
    assert file.read_text() == "# Grüße"
    assert result == {"name": "newsletter.md", "size": 9, "sha256": hashlib.sha256("# Grüße".encode()).hexdigest()}


def test_writing_again_replaces_it(call) -> None:
    assert write(call, "a.md", "one") == write(call, "a.md", "one")
    write(call, "a.md", "two")
    folder = call.artifacts_root / str(call.tenant) / str(call.run)
    assert [(f.name, f.read_text()) for f in folder.iterdir()] == [("a.md", "two")]


@pytest.mark.parametrize("name", ["", "../a.md", "/etc/passwd", "a/b.md", ".hidden", "a\x00b", "a\nb", "..", "a" * 121])
def test_nothing_outside_can_be_named(name) -> None:
    with pytest.raises(ValueError, match="name"):
        Arguments(name=name, content="x")


def test_a_link_planted_in_the_folder_is_replaced_and_not_followed(call, tmp_path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("untouched")
    folder = call.artifacts_root / str(call.tenant) / str(call.run)
    folder.mkdir(parents=True)
    (folder / "a.md").symlink_to(outside)
    write(call, "a.md", "mine")
    assert outside.read_text() == "untouched"
    assert not (folder / "a.md").is_symlink()


def test_too_much_is_refused(call) -> None:
    with pytest.raises(ValueError, match="content"):
        Arguments(name="a.md", content="x" * (MAX_BYTES + 1))
    with pytest.raises(NotDone) as refused:
        write(call, "a.md", "ä" * (MAX_BYTES // 2 + 1))
    assert refused.value.code == "content_too_large"


def test_storage_that_fails_is_not_done_and_may_be_tried_again(call, tmp_path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    call.artifacts_root = in_the_way / "root"
    with pytest.raises(NotDone) as refused:
        write(call, "a.md", "x")
    assert refused.value.code == "storage_failed"
    assert refused.value.retryable
    assert os.listdir(tmp_path) == ["file"]
