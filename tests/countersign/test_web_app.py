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


@pytest.fixture
def files(tmp_path, settings):
    """The middleware that serves what was built."""
    from django.http import HttpResponse

    from countersign.web_app.files import Files

    (tmp_path / "assets").mkdir()
    for name in ("index.html", ".built-from", "theme.js", "assets/app-abc123.js"):
        (tmp_path / name).write_text("x")
    settings.WHITENOISE_ROOT = tmp_path
    return Files(lambda request: HttpResponse("passed on"))


def test_the_apps_files_are_no_way_round_the_pages_policy(files, rf):
    for path in ("/theme.js", "/assets/app-abc123.js"):
        answer = files(rf.get(path))
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize("path", ["/index.html", "/.built-from"])
def test_the_page_itself_and_notes_of_the_build_are_not_served_as_files(files, rf, path):
    assert files(rf.get(path)).content == b"passed on"


@pytest.mark.parametrize(("path", "logged"), [
    ("/invitations/s3cret", "/invitations/…"), ("/password-reset/1-2", "/password-reset/…"), ("/", "/"),
    ("/sign-in", "/sign-in"), ("/accounts/confirm-email/s3cret/", "/accounts/…"), ("/api/v1/me/", "/api/v1/me/"),
])
@pytest.mark.django_db
def test_no_secret_of_an_address_is_logged(client, built, monkeypatch, path, logged):
    from countersign import middleware

    lines = []
    monkeypatch.setattr(middleware.log, "info", lambda event, **values: lines.append(values))
    client.get(path)
    assert [line["path"] for line in lines] == [logged]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/nothing/", "/_allauth/browser/v1/auth/session",
                                  "/_allauth/browser/v1/config"])
def test_what_machines_are_told_is_kept_by_no_cache(client, path):
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me/", "/_allauth/browser/v1/auth/session", "/", "/accounts/login/"])
@pytest.mark.parametrize("key", ['"\\000aaaaaaaaa"', "ü" * 10, "'; --------"])
def test_a_session_that_cannot_be_one_is_none(client, built, path, key):
    from django.conf import settings

    to_nobody = client.get(path).status_code
    client.cookies.load(f"{settings.SESSION_COOKIE_NAME}={key}")
    assert client.get(path).status_code == to_nobody
