"""The chain outside the database: exported, and verified against a key one trusts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from countersign.database.context import tenant_context
from countersign.ids import new_id
from countersign.signing import SigningKey
from tenants.audit import Actor, AuditLink, record, verify_chain

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),  # the tests' client is no ASGI server
]
ROOT = Path(__file__).resolve().parents[2]
KEY = settings.GRANT_VERIFY_KEYS[0]
EXPORT = "/api/v1/tenants/acme/audit/export/"


@pytest.fixture
def acme(make_tenant):
    tenant = make_tenant("acme")
    with tenant_context(tenant.id):
        for action in ("run.started", "run.waiting", "run.completed"):
            record(action=action, subject=("run", new_id()), actor=Actor.system("engine"), data={"name": "Zoë\n"})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return tenant


@pytest.fixture
def export(acme, make_member, api, tmp_path):
    """The exported file, and its lines."""
    response = api(make_member(acme, "admin@example.org", "admin")).get(EXPORT)
    assert response["Content-Type"] == "application/jsonl"
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"".join(response))
    return file


def verify(file, capsys, *, trust=KEY):
    """Exit code and what was said."""
    try:
        call_command("verify_audit", str(file), "--trust", trust)
    except SystemExit as done:
        return done.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def rewrite(file, change):
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(change(lines)))


def test_an_export_verifies(acme, export, capsys):
    code, said = verify(export, capsys)
    assert code == 0
    assert "3 entries, whole" in said
    assert verify_chain(acme.id).head in said
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    assert [line.get("sequence") for line in lines] == [1, 2, 3, None]
    assert json.loads(lines[0]["body"])["data"] == {"name": "Zoë\n"}


def test_it_takes_neither_database_nor_settings_to_verify(export):
    environment = {"PATH": os.environ["PATH"], "COUNTERSIGN_ENV": "development"}
    done = subprocess.run([sys.executable, "manage.py", "verify_audit", str(export), "--trust", KEY], cwd=ROOT,
                          env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 entries, whole" in done.stdout


@pytest.mark.parametrize(("change", "said"), [
    (lambda lines: [lines[0], lines[1].replace("waiting", "failed"), *lines[2:]], "Entry 2, or its link, was altered"),
    (lambda lines: [lines[0], *lines[2:]], "Link 2 is missing"),
    (lambda lines: [lines[1], lines[0], *lines[2:]], "Link 1 is missing"),
    (lambda lines: [*lines[:2], lines[3]], "signed for another chain, or for a longer one"),
    (lambda lines: lines[:3], "signed head is missing"),
    (lambda lines: [*lines, lines[0]], "lines after the signed head"),
])
def test_an_altered_export_is_found(export, capsys, change, said):
    rewrite(export, change)
    code, out = verify(export, capsys)
    assert code == 1
    assert said in out


def test_another_key_is_not_trusted(export, capsys):
    with pytest.raises(CommandError, match="not signed by a key that is trusted"):
        verify(export, capsys, trust=SigningKey.generate().verify_key.dump())
    with pytest.raises(CommandError, match="no verify key"):
        verify(export, capsys, trust="nonsense")


@pytest.mark.parametrize("content", [b"hello", b"[]", b'{"sequence": 1}', b"\xff\xfe"])
def test_what_is_no_export_is_refused(tmp_path, capsys, content):
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"no audit export|cannot be read"):
        verify(file, capsys)
    with pytest.raises(CommandError, match="cannot be read"):
        verify(tmp_path / "missing", capsys)


def test_the_live_chains_are_verified_by_the_same_command(acme, as_role, capsys):
    with as_role("owner"):
        call_command("verify_audit")
        assert "acme: 3 entries, whole" in capsys.readouterr().out
        with tenant_context(acme.id), connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_auditentry SET action = 'run.failed' WHERE action = 'run.waiting'")
        with pytest.raises(SystemExit):
            call_command("verify_audit", "--tenant", "acme")
        assert "acme: BROKEN after 1 entries" in capsys.readouterr().out
        with pytest.raises(CommandError, match="no team 'nowhere'"):
            call_command("verify_audit", "--tenant", "nowhere")


def test_an_export_goes_page_by_page(acme, make_member, api, monkeypatch):
    monkeypatch.setattr("tenants.audit.export.PAGE", 2)
    response = api(make_member(acme, "admin@example.org", "admin")).get(EXPORT)
    with tenant_context(acme.id):
        assert len(b"".join(response).splitlines()) == AuditLink.objects.count() + 1 == 4
