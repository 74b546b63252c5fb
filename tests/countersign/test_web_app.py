"""Whose answer an address gets: a page, or the machines' problem document."""

import pytest


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setattr("countersign.web_app.views.BUILT", tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html><title>Countersign</title>")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/t/acme/inbox", "/invitations/abc", "/verify-email/1:2"])
def test_a_pages_address_answers_with_the_app_and_a_csrf_cookie(client, built, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")
    assert b"<title>Countersign</title>" in answer.content
    assert "csrftoken" in answer.cookies
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/assets/gone-abc123.js", "/static/nothing.css"])
def test_a_machines_address_never_answers_with_the_app(client, built, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_pages_cannot_be_written_to(client, built):
    assert client.post("/t/acme/inbox").status_code in (403, 405)


def test_an_app_that_is_not_built_says_how_to_build_it(client, tmp_path, monkeypatch):
    monkeypatch.setattr("countersign.web_app.views.BUILT", tmp_path)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "./countersign up" in answer.content.decode()
