"""How often a client may ask: counted for each token, person or address, by itself, however many ask at once."""

from __future__ import annotations

import re
import threading

import pytest
import redis
from django.conf import settings

from countersign.api import rate_limits
from countersign.api.rate_limits import count_request
from countersign.environment import ConfigurationError, read_environment

pytestmark = pytest.mark.django_db
TEAM = "/api/v1/tenants/acme/"


@pytest.fixture(autouse=True)
def _few(settings):
    settings.RATE_LIMITS = {"reads": "1/min burst 3", "writes": "1/min burst 2", "anonymous": "1/min burst 4"}


@pytest.fixture
def tenant(make_tenant):
    return make_tenant("acme")


def answers(client, count, method="get", path=TEAM, **options):
    return [getattr(client, method)(path, **options) for _ in range(count)]


def statuses(client, count, *more, **options):
    return [answer.status_code for answer in answers(client, count, *more, **options)]


def test_what_is_left_stands_on_every_answer_and_too_much_is_a_problem(tenant, make_member, api):
    found = answers(api(make_member(tenant, "a@example.org", "owner")), 4)
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in found} == {'"reads";q=3;w=180'}
    assert [re.match(r'"reads";r=(\d+);t=(\d+)$', answer["RateLimit"])[1] for answer in found] == ["2", "1", "0", "0"]
    refused = found[-1]
    assert refused["Content-Type"] == "application/problem+json"
    assert (refused.json()["code"], refused.json()["violated-policies"]) == ("too_many_requests", ["reads"])
    assert refused["Retry-After"] == str(refused.json()["retry_after"])
    assert 50 <= int(refused["Retry-After"]) <= 60


def test_reading_and_writing_are_counted_apart(tenant, make_member, api):
    client = api(make_member(tenant, "a@example.org", "owner"))
    assert statuses(client, 4)[-1] == 429
    assert statuses(client, 3, "patch", data={"name": "New"}) == [200, 200, 429]
    assert statuses(client, 1, "head") == [429], "HEAD reads"


def test_a_person_is_one_client_in_every_session_and_a_token_is_one_by_itself(tenant, make_member, api, api_token):
    user = make_member(tenant, "a@example.org", "owner")
    first, second = api_token(tenant, user, "tenant:read"), api_token(tenant, user, "tenant:read")
    assert statuses(api(user), 2) + statuses(api(user), 2) == [200, 200, 200, 429]
    assert statuses(first, 4) == [200, 200, 200, 429]
    assert statuses(second, 1) == [200]
    assert statuses(api(make_member(tenant, "b@example.org", "owner")), 1) == [200]


def test_a_persons_tokens_are_counted_together_too_and_what_is_refused_for_one_reason_counts_for_none(
        tenant, make_member, api, api_token):
    user = make_member(tenant, "a@example.org", "owner")
    tokens = [api_token(tenant, user, "tenant:read") for _ in range(5)]
    assert [statuses(token, 3) for token in tokens[:4]] == [[200] * 3] * 4
    refused = tokens[4].get(TEAM)
    assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["reads-in-all"])
    assert refused["RateLimit-Policy"] == '"reads-in-all";q=12;w=180'
    assert 10 <= int(refused["Retry-After"]) <= 15
    assert tokens[0].get(TEAM).json()["violated-policies"] == ["reads"]
    assert statuses(api(user), 1) == [200], "the person's own sessions go on"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(f"limits:reads:tokens:{user.id}")
    assert statuses(tokens[4], 4) == [200, 200, 200, 429]


def test_who_is_not_signed_in_is_counted_by_address_whatever_they_show(tenant, api):
    client = api()
    client.credentials(HTTP_AUTHORIZATION="Bearer cs_guessed")
    assert statuses(api(), 2) + statuses(client, 3) == [401, 401, 401, 401, 429]
    assert statuses(client, 1, REMOTE_ADDR="198.51.100.7") == [401]


@pytest.mark.parametrize(("method", "path"), [
    ("post", "/api/v1/invitations/preview/"), ("get", "/api/v1/schema/"), ("get", "/api/v1/docs/"),
    ("get", "/_allauth/app/v1/config"), ("post", "/_allauth/app/v1/auth/login")])
def test_what_is_open_to_everybody_is_counted_by_address(api, method, path):
    found = answers(api(), 5, method, path, **({"data": {}} if method == "post" else {}))
    assert 429 not in {answer.status_code for answer in found[:4]}
    assert found[0]["RateLimit-Policy"] == '"anonymous";q=4;w=240'
    assert (found[4].status_code, found[4].json()["code"]) == (429, "too_many_requests")
    assert int(found[4]["Retry-After"]) > 50


def test_whether_the_platform_is_there_may_always_be_asked(api):
    assert statuses(api(), 6, "get", "/healthz") == [200] * 6


def test_the_address_is_the_connections_own_and_one_network_of_ipv6(tenant, api):
    """What `X-Forwarded-For` says has been looked at before, by uvicorn, and only from proxies that are trusted."""
    spent = [api().get(TEAM, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}") for n in range(5)]
    assert spent[-1].status_code == 429
    for n in range(4):
        api().get(TEAM, REMOTE_ADDR=f"2001:db8::{n + 1}")
    assert api().get(TEAM, REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert api().get(TEAM, REMOTE_ADDR="2001:db8:0:1::1").status_code == 401


def test_a_refused_request_changes_nothing_and_asks_the_database_for_no_more_than_who_asks(
        tenant, make_member, api, django_assert_num_queries):
    client = api(make_member(tenant, "a@example.org", "owner"))
    assert statuses(client, 2, "patch", data={"name": "Second"}) == [200, 200]
    with django_assert_num_queries(2):  # the session and its person
        assert statuses(client, 1, "patch", data={"name": "Third"}) == [429]
    tenant.refresh_from_db()
    assert tenant.name == "Second"


def test_of_many_at_once_no_more_are_let_through_than_may_be(settings):
    settings.RATE_LIMITS = {"reads": "1/hour burst 20"}
    let_through, together = [], threading.Barrier(60, timeout=60)

    def ask():
        together.wait()
        let_through.append(not count_request("reads", "token:one").limited)

    threads = [threading.Thread(target=ask) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_through) == 20


def test_counting_is_one_round_trip(monkeypatch):
    sent = []
    send = redis.connection.AbstractConnection.send_packed_command
    count_request("reads", "token:two", among="tokens:of-one")
    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command",
                        lambda self, command, **options: (sent.append(command), send(self, command, **options))[1])
    assert count_request("reads", "token:two", among="tokens:of-one").state.remaining == 1
    assert len(sent) == 1


class TestWithoutRedis:
    @pytest.fixture(autouse=True)
    def _gone(self, settings, monkeypatch):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(rate_limits, "_outage", rate_limits._Outage())

    def test_everybody_is_served_uncounted_and_it_is_said_once(self, tenant, make_member, api, caplog):
        found = answers(api(make_member(tenant, "a@example.org", "owner")), 6)
        assert [answer.status_code for answer in found] == [200] * 6
        assert "RateLimit" not in found[-1]
        assert [record.levelname for record in caplog.records if "not counted" in str(record.msg)] == ["WARNING"]

    def test_it_is_counted_again_as_soon_as_redis_is_back(self, settings, monkeypatch, caplog):
        assert count_request("reads", "token:three") is None
        monkeypatch.setattr(rate_limits._outage, "until", 0)
        settings.REDIS_URL = settings.ENVIRONMENT.redis_url
        assert count_request("reads", "token:three").state.remaining == 2
        assert any("counted again" in str(record.msg) for record in caplog.records)


def test_a_limit_can_be_switched_off(settings):
    settings.RATE_LIMITS = {"reads": "off"}
    assert count_request("reads", "token:one") is None


@pytest.mark.parametrize("rate", ["20", "0/s", "20/fortnight", "20/s burst 0", "fast"])
def test_a_limit_that_means_nothing_is_refused_at_the_start(monkeypatch, rate):
    monkeypatch.setenv("RATE_LIMIT_READS", rate)
    with pytest.raises(ConfigurationError, match="20/s burst 200"):
        read_environment()
