"""An installation's secrets, made once, kept in one file that only its owner can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from countersign.signing import SigningKey


@dataclass(frozen=True)
class Secrets:
    """`database` derives the roles' passwords and stays with whoever starts the processes."""

    secret_key: str
    database: str
    grant_signing_key: str
    vault_key: str
    demo_password: str

    @classmethod
    def generate(cls) -> Secrets:
        return cls(secret_key=secrets.token_urlsafe(50), database=secrets.token_urlsafe(32),
                   grant_signing_key=SigningKey.generate().dump(),
                   vault_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                   demo_password=f"demo-{secrets.token_hex(6)}")

    @classmethod
    def of(cls, folder: Path) -> Secrets:
        """The ones in `folder`, made if there are none."""
        file = folder / "secrets.json"
        if file.exists():
            return cls(**json.loads(file.read_text()))
        made = cls.generate()
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(asdict(made), out)
        return made

    @property
    def grant_verify_key(self) -> str:
        return SigningKey.load(self.grant_signing_key).verify_key.dump()
