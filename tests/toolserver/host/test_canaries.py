"""Canary secrets, used for real, and searched for everywhere afterwards (design §5.5)."""

import base64
import os
import subprocess

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from countersign.embedded.postgres import SUPERUSER, _programs

PASSWORD = "canary-password-5d1c0e"
KEY = "sk-canary-key-9b7f42"
LETTER = {"to": ["reader@example.org"], "subject": "News", "body": "Hello"}


@pytest.fixture
def mail_server():
    """A real SMTP server that asks for a password, and remembers the ones it was given."""
    given, taken = [], []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            taken.append(envelope.content)
            return "250 kept"

    def authenticate(server, session, envelope, mechanism, login):
        assert isinstance(login, LoginPassword)
        given.append(login.password.decode())
        return AuthResult(success=True)

    class OnFreePort(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = OnFreePort(Handler(), hostname="127.0.0.1", port=0, authenticator=authenticate,
                            auth_require_tls=False, auth_required=True)
    controller.start()
    yield controller.port, given, taken
    controller.stop()


def database_dump() -> bytes:
    from django.db import connection

    url = os.environ["COUNTERSIGN_TEST_DATABASE"].replace("owner@", f"{SUPERUSER}@")
    head, _, query = url.partition("?")
    url = f"{head.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}"
    return subprocess.run([str(_programs() / "pg_dump"), "--inserts", url], check=True, capture_output=True).stdout


def traces(secret: str) -> list[bytes]:
    raw = secret.encode()
    return [raw, base64.b64encode(raw).rstrip(b"=")[:-2], raw.hex().encode()]


def test_a_secret_that_was_used_is_found_nowhere(host, team, api, worker, planned, mail_server, caplog):
    port, given, taken = mail_server
    admin, base = api(team.admin), f"/api/v1/tenants/{team.tenant.slug}"
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "username": "news", "password": PASSWORD,
            "from": "news@acme.example"}
    answers = [
        admin.post(f"{base}/credentials/", {"name": "mail", "kind": "smtp", "secret": smtp},
                   HTTP_IDEMPOTENCY_KEY="canary-1"),
        admin.post(f"{base}/credentials/", {"name": "key", "kind": "model_key", "secret": {"api_key": KEY}}),
        admin.post(f"{base}/credentials/", {"name": "bad", "kind": "smtp", "secret": {**smtp, "port": KEY}}),
        admin.post(f"{base}/models/", {"alias": "writer", "providers": [
            {"model": "openai/m", "credential": "key", "api_base": "http://127.0.0.1:9/v1"}]}),
        admin.post(f"{base}/models/writer/test/"),
    ]
    approved = team.approve([planned("send", "email.send", LETTER)])
    answers.append(api(team.editor).get(f"{base}/approvals/{approved.request.id}/calls/send/preview/"))
    assert answers[-1].json()["email"]["sender"] == "news@acme.example"
    told = worker.call("email.send", LETTER, approved.meta("send"))
    model = worker.http.post(f"{worker.base}/v1/chat/completions", json={
        "model": "writer", "messages": [{"role": "user", "content": "Hi"}]})
    answers += [admin.get(f"{base}/{path}/") for path in ("credentials", "models", "tools", "tool-calls", "audit")]

    assert given == [PASSWORD], "the secret was really used"
    assert len(taken) == 1
    places = {
        "the database": database_dump(), "the host's and its processes' log": host.log.read_bytes(),
        "web's log": caplog.text.encode(), "an API answer": b"".join(answer.content for answer in answers),
        "the tool's answer": str(told).encode(), "the model's answer": model.content,
        "the artifacts": b"".join(file.read_bytes() for file in host.artifacts.rglob("*") if file.is_file()),
    }
    assert b"toolserver_credential" in places["the database"]
    for place, content in places.items():
        for secret in (PASSWORD, KEY):
            assert not [trace for trace in traces(secret) if trace in content], f"{secret} is in {place}"
