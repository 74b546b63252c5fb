import os
import subprocess
import sys
from pathlib import Path
from secrets import token_urlsafe

import pytest

from countersign.environment import ConfigurationError, database_settings, read_environment
from countersign.signing import SigningKey

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "COUNTERSIGN_ENV": "production", "COUNTERSIGN_PROCESS": "web", "SECRET_KEY": token_urlsafe(60),
    "DATABASE_URL": "postgresql://web:secret@db.example/countersign", "REDIS_URL": "redis://redis.example/0",
    "PUBLIC_URL": "https://countersign.example", "TOOLSERVER_URL": "http://toolserver.example:8100",
    "ARTIFACTS_DIR": "/srv/artifacts", "EMAIL_URL": "smtp://mail.example",
    "GRANT_SIGNING_KEY": SigningKey.generate().dump(),
}


@pytest.fixture
def production(monkeypatch):
    for name in list(os.environ):
        if name in PRODUCTION or name in ("DATABASE_OWNER_URL", "GRANT_VERIFY_KEYS", "VAULT_KEY"):
            monkeypatch.delenv(name)
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_complete_production_environment_is_read(production):
    assert read_environment().production


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"COUNTERSIGN_ENV", "COUNTERSIGN_PROCESS", "PUBLIC_URL"}))
def test_production_refuses_to_start_without_what_it_needs(production, missing):
    production.delenv(missing)
    with pytest.raises(ConfigurationError, match=missing):
        read_environment()


def test_production_refuses_a_short_secret_and_an_address_without_tls(production):
    production.setenv("SECRET_KEY", "short")
    with pytest.raises(ConfigurationError, match="50 characters"):
        read_environment()
    production.setenv("SECRET_KEY", "k" * 64)
    production.setenv("PUBLIC_URL", "http://countersign.example")
    with pytest.raises(ConfigurationError, match="https"):
        read_environment()


def test_the_worker_needs_no_key(production):
    for name in ("SECRET_KEY", "GRANT_SIGNING_KEY", "ARTIFACTS_DIR", "EMAIL_URL"):
        production.delenv(name)
    production.setenv("COUNTERSIGN_PROCESS", "worker")
    assert read_environment().process == "worker"


def test_a_secret_may_come_from_a_file(production, tmp_path):
    (tmp_path / "key").write_text("f" * 64 + "\n")
    production.delenv("SECRET_KEY")
    production.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_environment().secret_key == "f" * 64


def test_a_database_address_may_name_a_socket():
    parsed = database_settings("postgresql://web:p%40ss@/countersign?host=/run/pg&sslmode=disable")
    assert [parsed[key] for key in ("HOST", "USER", "PASSWORD", "NAME")] == ["/run/pg", "web", "p@ss", "countersign"]
    assert parsed["OPTIONS"] == {"sslmode": "disable"}


def test_the_deployment_check_is_clean_in_production(tmp_path):
    environment = {**PRODUCTION, "PATH": os.environ["PATH"], "ARTIFACTS_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], cwd=ROOT,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
