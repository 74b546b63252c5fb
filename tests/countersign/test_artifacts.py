from uuid import uuid4

import pytest

from countersign.artifacts import RunFolder
from countersign.errors import Invalid, NotFound


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path, tenant=uuid4(), run=uuid4())


def test_an_artifact_is_written_listed_and_read(folder):
    written = folder.write("newsletter.md", b"# Hello")
    assert folder.list() == [written]
    assert folder.read("newsletter.md") == b"# Hello"


def test_writing_again_replaces_it_as_a_whole(folder):
    folder.write("a.md", b"longer than the next")
    folder.write("a.md", b"short")
    assert [(a.name, a.size) for a in folder.list()] == [("a.md", 5)]


@pytest.mark.parametrize("name", ["../a.md", "/etc/passwd", "a/b.md", ".hidden", "", "a\0b", "x" * 121, "..", "a\n"])
def test_nothing_outside_the_folder_can_be_named(folder, name):
    with pytest.raises(Invalid):
        folder.write(name, b"")
    with pytest.raises(Invalid):
        folder.read(name)


def test_a_link_is_not_an_artifact(folder, tmp_path):
    folder.write("a.md", b"")
    (tmp_path / "secret").write_text("x")
    (folder.path / "link").symlink_to(tmp_path / "secret")
    assert [a.name for a in folder.list()] == ["a.md"]
    with pytest.raises(NotFound):
        folder.read("link")


def test_a_missing_artifact_is_not_found(folder):
    assert folder.list() == []
    with pytest.raises(NotFound):
        folder.read("a.md")
