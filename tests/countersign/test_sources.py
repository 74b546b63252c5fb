import pytest

from countersign.demo.sources import NOTES, read_sources
from countersign.errors import Invalid


def test_the_sample_notes_are_read():
    documents = read_sources(NOTES)
    assert len(documents) == 3
    assert all(d["text"].startswith("# ") for d in documents)


@pytest.mark.parametrize(("files", "code"), [
    ({}, "sources_empty"),
    ({"a.md": b""}, "sources_empty"),
    ({"a.md": b"fine", "b.png": b"\x89PNG\r\n\x1a\n\0\0"}, "source_not_text"),
    ({"a.md": b"zero\0byte"}, "source_not_text"),
    ({"a.md": b"x" * (50 * 2**20)}, "sources_too_large"),
    ({f"{n}.md": b"x" for n in range(51)}, "sources_too_many"),
])
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(tmp_path, files, code):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        read_sources(tmp_path)
    assert refusal.value.code == code
    assert refusal.value.fields[0]["field"] == "sources"


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(Invalid) as refusal:
        read_sources(tmp_path / "none")
    assert refusal.value.code == "sources_missing"
