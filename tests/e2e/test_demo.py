"""`./countersign demo`: the main job from sign-up to delivery, as a newcomer runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ROOT.parent / "shared" / "inputs" / "newsletter"

pytestmark = pytest.mark.timeout(240)


def demo(*arguments: str) -> subprocess.CompletedProcess:
    ours = ("DATABASE", "REDIS", "COUNTERSIGN", "GRANT")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return subprocess.run([sys.executable, ROOT / "manage.py", "demo", *arguments], env=environment,
                          capture_output=True, text=True, timeout=230)


def assert_it_worked(done: subprocess.CompletedProcess) -> dict:
    assert done.returncode == 0, done.stderr[-6000:]
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    assert figures["status"] == "completed"
    assert (figures["refused"], figures["decisions"], figures["emails"]) == (1, 2, 1)
    assert figures["audit_verified"] is True
    assert set(figures["seconds"]) == {"ready", "to_gate", "revision", "decision_to_done"}
    return figures


def test_the_sample_notes_become_a_newsletter_delivered_once():
    figures = assert_it_worked(demo("--json"))
    assert [a["name"] for a in figures["artifacts"]] == ["newsletter.md"]
    assert sorted(c["tool"] for c in figures["tool_calls"]) == ["email.send", "files.write"]


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the shared inputs are not here")
def test_real_release_notes_become_a_newsletter_about_them(tmp_path):
    figures = assert_it_worked(demo("--json", "--sources", str(INPUTS), "--keep", str(tmp_path)))
    newsletter = (tmp_path / "newsletter.md").read_text()
    assert figures["artifacts"][0]["size"] == len(newsletter.encode())
    for document in INPUTS.iterdir():
        assert f"source:{document.name}#L" in newsletter, f"nothing in the newsletter is from {document.name}"
    assert newsletter.startswith("# ")
    assert len(newsletter.split()) <= 330, "the editor asked for 250 words at most"


@pytest.mark.parametrize(("files", "code"), [(None, "sources_missing"), ({}, "sources_empty"),
                                             ({"a.bin": b"\0\1"}, "source_not_text")])
def test_sources_that_cannot_be_used_are_refused_before_anything_starts(tmp_path, files, code):
    folder = tmp_path / "sources"
    if files is not None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    done = demo("--json", "--sources", str(folder))
    assert done.returncode == 2
    assert code in done.stderr
    assert "ready" not in done.stderr
