"""The layers of design §2, and the folder that must not shadow the standard library."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imports_run_one_way():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--config", ROOT / "pyproject.toml"],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contract_would_notice_a_forbidden_import(tmp_path):
    """A layer that imports upwards breaks the contract: it is not a check that cannot fail."""
    for app in ("countersign", "tenants", "approvals", "workflows", "toolserver"):
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").write_text("")
    for part in ("process", "tools", "host"):
        (tmp_path / "toolserver" / part).mkdir()
        (tmp_path / "toolserver" / part / "__init__.py").write_text("")
    for part in ("settings", "environment", "database", "doorbells", "api", "embedded", "management", "middleware",
                 "health", "urls", "apps"):
        (tmp_path / "countersign" / f"{part}.py").write_text("")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())

    def holds() -> bool:
        return subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=tmp_path,
                              env={"PYTHONPATH": str(tmp_path)}, capture_output=True).returncode == 0

    assert holds()
    for file, line in {"approvals": "import workflows", "workflows": "import toolserver.host",
                       "toolserver/process": "import django", "countersign": "import tenants"}.items():
        target = tmp_path / file / "__init__.py"
        target.write_text(line + "\n")
        assert not holds(), f"{line!r} in {file} went unnoticed"
        target.write_text("")


def test_the_platform_folder_leaves_the_standard_library_alone():
    assert not (ROOT / "platform" / "__init__.py").exists()
    done = subprocess.run([sys.executable, "-c", "import platform; print(platform.python_implementation())"],
                          cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}, capture_output=True, text=True)
    assert done.stdout.strip() == "CPython", done.stderr


def test_there_is_no_init_file_under_tests():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_migrations_are_complete():
    done = subprocess.run([sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
