"""Who may knock: a worker that holds its run, and web. Everybody else is turned away at the host (design §1)."""

from datetime import datetime, timedelta

import httpx
import pytest

from countersign.clock import now
from countersign.doorbells.models import Lease
from countersign.errors import NotSignedIn
from countersign.ids import new_id
from countersign.signing import SigningKey
from countersign.web_token import WEB, sign_web_token

ARGUMENTS = {"name": "letter.md", "content": "Hello"}
DOORS = [("POST", "mcp"), ("GET", "v1/models"), ("POST", "v1/chat/completions"), ("POST", "test"), ("POST", "keys"),
         ("POST", "preview")]


@pytest.fixture
def knock(host, team):
    """`knock(method, path, token)`: the HTTP status and the error's code."""

    def ask(method: str, path: str, token: str | None, tenant=None) -> tuple[int, str | None]:
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        answer = httpx.request(method, f"{host.url}/t/{tenant or team.tenant.id}/{path}", headers=headers,
                               json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"} if method == "POST" else None,
                               timeout=60)
        return answer.status_code, (answer.json().get("error") or {}).get("code")

    return ask


def processes(host) -> int:
    return httpx.get(f"{host.url}/healthz").json()["tenant_processes"]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_strangers_are_told_401_and_no_tenant_process_hears_of_them(host, team, make_team, knock, method, path):
    other = make_team("other")
    before = processes(host)
    strangers = {
        "nobody": None, "nonsense": "x", "half a lease": f"lease_{team.run}.1.x",
        "another secret": f"lease_{team.run}.1.{'a' * 43}", "another team's worker": other.token,
        "another team's web": sign_web_token(other.tenant.id, other.admin.id, ["catalogue", "keys", "test", "preview"]),
        "a forged web": SigningKey.generate().sign(
            {"tenant": str(team.tenant.id), "sub": str(new_id()), "scopes": ["catalogue", "keys", "test", "preview"],
             "exp": 2_000_000_000}, kind=WEB),
    }
    for who, token in strangers.items():
        assert knock(method, path, token)[0] == 401, who
    assert knock(method, path, team.token, tenant="not-a-tenant")[0] == 401
    assert knock(method, path, team.token, tenant=new_id())[0] == 401
    assert processes(host) == before


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_lease_lasts_by_the_databases_clock_not_by_the_hosts(team, as_role, monkeypatch, hours):
    from toolserver.host.callers import authenticate

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    ended = team.lease(new_id(), epoch=1, seconds=-1)
    monkeypatch.setattr("countersign.clock.datetime", Wrong)
    with as_role("tools"):
        caller = authenticate(str(team.tenant.id), f"Bearer {team.token}", web_scope=None, workers=True)
        assert caller.run_id == team.run
        with pytest.raises(NotSignedIn):
            authenticate(str(team.tenant.id), f"Bearer {ended}", web_scope=None, workers=True)


def test_what_a_worker_calls_has_a_fixed_price(host, team, as_role, django_assert_num_queries):
    """Each number is one statement at the host: what they are is in the comments."""
    from toolserver.host.callers import authenticate
    from toolserver.host.calls import Outcome, PlannedCall
    from toolserver.host.ledger import begin_call, settle_call
    from toolserver.host.models import LedgerState
    from toolserver.host.tenant_process import Tool

    planned = {"id": "publish", "tool": "files.write", "schema_hash": "sha256:1", "arguments": ARGUMENTS}
    approved = team.approve([planned])
    call = PlannedCall(team.tenant.id, team.run, Tool("files.write", "sha256:1", False, True), ARGUMENTS,
                       approved.grants["publish"], approved.key("publish"))
    with as_role("tools"):
        with django_assert_num_queries(4):  # begin, context, lease and version, commit
            authenticate(str(team.tenant.id), f"Bearer {team.token}", web_scope=None, workers=True)
        # begin, context, entry, intent, grant, request, who holds its roles, decisions, consumption, audit, commit
        with django_assert_num_queries(11):
            begun = begin_call(call, holder=1)
        with django_assert_num_queries(6):  # begin, context, entry, outcome, audit, commit
            settle_call(call, begun, Outcome(LedgerState.DONE), holder=1)


def test_a_lease_that_was_lost_opens_nothing(team, knock, as_role):
    assert knock("POST", "mcp", team.token)[0] == 200
    team.lease(team.run, epoch=2)
    assert knock("POST", "mcp", team.token) == (401, "lease_stale")


def test_an_older_epoch_with_the_newer_secret_opens_nothing(team, knock):
    newer = team.lease(team.run, epoch=2)
    assert knock("POST", "mcp", newer.replace(".2.", ".1."))[0] == 401
    assert knock("POST", "mcp", newer)[0] == 200


def test_a_lease_that_ran_out_opens_nothing(team, knock, as_role):
    with as_role("engine"):
        Lease.objects.update(expires_at=now() - timedelta(milliseconds=1))
    assert knock("POST", "mcp", team.token) == (401, "lease_stale")


def test_a_stale_lease_with_a_good_grant_acts_no_more(team, worker, planned):
    approved = team.approve([planned()])
    team.lease(team.run, epoch=2)
    assert worker.http.post(f"{worker.base}/mcp", json={
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "files.write", "arguments": ARGUMENTS, "_meta": approved.meta("publish")},
    }).status_code == 401
    assert not team.entries()


def test_web_may_look_and_seal_and_try_out_but_never_call(team, host, knock, worker_of, planned):
    token = sign_web_token(team.tenant.id, team.admin.id, ["catalogue"])
    assert knock("POST", "mcp", token)[0] == 200
    assert knock("GET", "v1/models", token)[0] == 200
    assert knock("POST", "keys", token) == (403, "scope_missing")
    assert knock("POST", "test", token) == (403, "scope_missing")
    assert knock("POST", "preview", token) == (403, "scope_missing")
    assert knock("POST", "v1/chat/completions", token) == (403, "scope_missing")
    approved = team.approve([planned()])
    refused = worker_of(team, token=token).call("files.write", ARGUMENTS, approved.meta("publish"))
    assert refused["error"]["data"]["code"] == "scope_missing"
    assert not team.entries()


def test_a_worker_gets_no_keys_and_tries_nothing_out(team, knock):
    assert knock("POST", "keys", team.token) == (403, "scope_missing")
    assert knock("POST", "test", team.token) == (403, "scope_missing")
    assert knock("POST", "preview", team.token) == (403, "scope_missing")


def test_a_web_token_lasts_a_minute(team, knock, monkeypatch):
    from countersign import web_token

    monkeypatch.setattr(web_token, "LIFETIME_SECONDS", 0)
    assert knock("POST", "mcp", sign_web_token(team.tenant.id, team.admin.id, ["catalogue"]))[0] == 401


def test_a_grant_is_no_token(team, knock, planned):
    approved = team.approve([planned()])
    assert knock("POST", "mcp", approved.grants["publish"])[0] == 401
