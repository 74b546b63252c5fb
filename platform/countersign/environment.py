"""The environment, read once and typed. Every secret may come from a file: `NAME_FILE` instead of `NAME`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Process = Literal["web", "worker", "notify", "scheduler", "toolserver", "manage"]
ROLE_OF_PROCESS = {"web": "web", "worker": "engine", "notify": "engine", "scheduler": "engine", "toolserver": "tools"}


RATE = re.compile(r"[1-9]\d*/(s|min|hour|day)( burst [1-9]\d*)?")


class ConfigurationError(SystemExit):
    """A process that may not start, with the reason on stderr."""


class Environment(BaseSettings):
    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, extra="ignore")

    env: Literal["production", "development", "test"] = Field("development", alias="COUNTERSIGN_ENV")
    process: Process = Field("manage", alias="COUNTERSIGN_PROCESS")
    state_dir: Path = Field(Path(".countersign"), alias="COUNTERSIGN_STATE")
    log_level: str = Field("INFO", alias="LOG_LEVEL")

    secret_key: str = Field("", alias="SECRET_KEY")
    database_url: str = Field("", alias="DATABASE_URL")
    database_owner_url: str = Field("", alias="DATABASE_OWNER_URL")
    redis_url: str = Field("", alias="REDIS_URL")

    public_url: str = Field("http://127.0.0.1:8000", alias="PUBLIC_URL")
    toolserver_url: str = Field("http://127.0.0.1:8100", alias="TOOLSERVER_URL")
    artifacts_dir: Path | None = Field(None, alias="ARTIFACTS_DIR")
    email_url: str = Field("", alias="EMAIL_URL")
    email_from: str = Field("Countersign <countersign@localhost>", alias="EMAIL_FROM")

    grant_signing_key: str = Field("", alias="GRANT_SIGNING_KEY")  # web alone
    grant_verify_keys: str = Field("", alias="GRANT_VERIFY_KEYS")  # comma-separated: rotation overlaps
    vault_key: str = Field("", alias="VAULT_KEY")  # toolserver host alone

    metrics_token: str = Field("", alias="METRICS_TOKEN")  # without one, /metrics is for this machine alone
    rate_limit_reads: str = Field("50/s burst 500", alias="RATE_LIMIT_READS")  # per token or person
    rate_limit_writes: str = Field("20/s burst 200", alias="RATE_LIMIT_WRITES")  # per token or person
    rate_limit_anonymous: str = Field("10/s burst 200", alias="RATE_LIMIT_ANONYMOUS")  # per address

    @field_validator("rate_limit_reads", "rate_limit_writes", "rate_limit_anonymous")
    @classmethod
    def a_rate(cls, text: str) -> str:
        if text != "off" and not RATE.fullmatch(text):
            raise ValueError(f"a rate limit is `off`, or as `20/s burst 200`, not `{text}`")
        return text

    @model_validator(mode="after")
    def complete_in_production(self) -> Environment:
        if self.env != "production":
            return self
        missing = [name for name, needed in self._needed().items()
                   if needed and (name not in self.model_fields_set or not getattr(self, name))]
        if missing:
            names = ", ".join(type(self).model_fields[name].alias or name for name in missing)
            raise ValueError(f"a production {self.process} process needs {names}")
        if self.process == "web" and len(self.secret_key) < 50:
            raise ValueError("SECRET_KEY needs 50 characters or more in production")
        if self.process == "web" and not self.public_url.startswith("https://"):
            raise ValueError("PUBLIC_URL must be an https:// address in production")
        return self

    def _needed(self) -> dict[str, bool]:
        serving = self.process != "manage"
        return {
            "secret_key": self.process == "web",
            "database_url": serving,
            "redis_url": serving and self.process != "toolserver",
            "toolserver_url": self.process in ("web", "worker", "notify"),
            "artifacts_dir": self.process in ("web", "toolserver"),
            "email_url": self.process in ("web", "notify"),
            "grant_signing_key": self.process == "web",
            "grant_verify_keys": self.process == "toolserver",
            "vault_key": self.process == "toolserver",
        }

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def artifacts(self) -> Path:
        return (self.artifacts_dir or self.state_dir / "artifacts").absolute()


def _secrets_from_files() -> None:
    for field in Environment.model_fields.values():
        name = str(field.alias)
        path = os.environ.get(f"{name}_FILE")
        if path and name not in os.environ:
            os.environ[name] = Path(path).read_text().strip()


def read_environment() -> Environment:
    """Raises ConfigurationError naming what is missing."""
    try:
        _secrets_from_files()
        return Environment()
    except (ValidationError, OSError) as error:
        reasons = [e["msg"] for e in error.errors()] if isinstance(error, ValidationError) else [str(error)]
        raise ConfigurationError("Countersign cannot start: " + "; ".join(reasons)) from None


def database_settings(url: str) -> dict:
    """Django's DATABASES entry for a `postgresql://user:password@host:port/name` address.

    A Unix socket's folder goes in the query: `postgresql://web@/name?host=/run/postgresql`.
    """
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", "")) or parts.hostname or "",
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "OPTIONS": {key: unquote(value) for key, value in query.items()},
    }


def email_settings(url: str) -> dict:
    """Django's EMAIL_* values for `smtp://user:password@host:port` (`smtps://` for TLS, `?starttls=1`)."""
    parts = urlsplit(url or "smtp://127.0.0.1:1025")
    return {
        "EMAIL_HOST": parts.hostname or "127.0.0.1",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": "starttls=1" in parts.query,
        "EMAIL_TIMEOUT": 20,
    }
