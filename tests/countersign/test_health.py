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
