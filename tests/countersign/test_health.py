import pytest


@pytest.mark.django_db
def test_alive_without_asking_anybody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert answer.json() == {"status": "ok"}
    assert answer["X-Request-Id"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_not_ready_says_which_part_does_not_answer(client, settings):
    settings.TOOLSERVER_URL = "http://127.0.0.1:1"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["toolserver"].startswith("failed")
    assert (checks["postgres"], checks["redis"], checks["migrations"]) == ("ok", "ok", "ok")


def test_metrics_count_requests_by_route(client):
    client.get("/healthz")
    assert 'route="healthz"' in client.get("/metrics").content.decode()


def test_what_is_not_there_is_a_problem_with_a_code(client):
    answer = client.get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


class TestWhoMayMeasure:
    def test_this_machine_where_no_token_is_set(self, client):
        assert client.get("/metrics").status_code == 200
        for address in ("203.0.113.7", "2001:db8::1", ""):
            refused = client.get("/metrics", REMOTE_ADDR=address)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")

    def test_whoever_shows_the_token_where_one_is_set(self, client, settings):
        settings.METRICS_TOKEN = "only-a-test"
        for shown in ({}, {"Authorization": "Bearer other"}, {"Authorization": "only-a-test"}):
            assert client.get("/metrics", headers=shown).status_code == 404
        right = {"Authorization": "Bearer only-a-test"}
        assert client.get("/metrics", headers=right, REMOTE_ADDR="203.0.113.7").status_code == 200
