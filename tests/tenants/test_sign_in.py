"""Signing up, in and out by allauth's headless API, as the app and the browser do, with a real mail server."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client, override_settings
from django.urls import resolve

from countersign.embedded.mailbox import Mailbox
from tenants.models import User
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
APP, BROWSER = "/_allauth/app/v1/auth", "/_allauth/browser/v1/auth"
EMAIL, PASSWORD = "person@example.org", "correct horse battery"
CODE = re.compile(r"^\s*([A-Z0-9-]{4,12})\s*$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _hashing_is_quick(settings):
    """What is slow on purpose is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mailbox():
    with Mailbox() as box, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                             EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port):
        yield box


class App:
    """A client without cookies: `X-Session-Token` says who it is."""

    def __init__(self):
        self.token = None

    def _call(self, method, path, body=None):
        headers = {"X-Session-Token": self.token} if self.token else {}
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(Client(), method)(path, **sent, headers=headers)
        if "json" in response["Content-Type"]:
            self.token = response.json().get("meta", {}).get("session_token") or self.token
        return response

    def post(self, action, **body):
        return self._call("post", f"{APP}/{action}", body)

    def delete(self, action):
        return self._call("delete", f"{APP}/{action}")

    def me(self):
        return self._call("get", "/api/v1/me/")


def code_in(mailbox):
    return CODE.search(mailbox.received[-1].text)[1]


@pytest.fixture
def signed_up(mailbox):
    """Somebody who has an account and has proven the address."""
    app = App()
    app.post("signup", email=EMAIL, password=PASSWORD)
    assert app.post("email/verify", key=code_in(mailbox)).status_code == 200
    return app


def test_sign_up_verify_and_use_the_api(mailbox):
    app = App()
    begun = app.post("signup", email=EMAIL, password=PASSWORD, name="First Editor")
    assert begun.status_code == 401
    assert [f["id"] for f in begun.json()["data"]["flows"] if f.get("is_pending")] == ["verify_email"]
    assert app.me().status_code == 401, "not before the address is verified"
    mail = mailbox.received[-1]
    assert mail.recipients == (EMAIL,)
    assert "Countersign" in mail.text
    assert "testserver" not in mail.text
    assert app.post("email/verify", key="WRONG1").status_code == 400
    assert app.post("email/verify", key=code_in(mailbox)).status_code == 200
    me = app.me().json()
    assert (me["email"], me["name"]) == (EMAIL, "First Editor")
    assert EmailAddress.objects.get(email=EMAIL).verified


def test_a_new_code_can_be_asked_for_and_voids_the_old_one(mailbox):
    app = App()
    app.post("signup", email=EMAIL, password=PASSWORD)
    first = code_in(mailbox)
    assert app.post("email/verify/resend").status_code == 200
    assert len(mailbox.received) == 2
    assert app.post("email/verify", key=first).status_code == 400
    assert app.post("email/verify", key=code_in(mailbox)).status_code == 200


def test_a_session_token_opens_the_whole_api(signed_up):
    made = signed_up._call("post", "/api/v1/tenants/", {"name": "Acme"})
    assert (made.status_code, made.json()["role"]) == (201, "owner")


def test_sign_in_and_out(signed_up):
    app = App()
    assert app.post("login", email=EMAIL.upper(), password=PASSWORD).status_code == 200
    assert app.me().status_code == 200
    app.delete("session")
    ended = app.me()
    assert (ended.status_code, ended.json()["code"]) == (401, "not_signed_in")


def test_a_wrong_password_and_an_unknown_address_are_told_alike(signed_up):
    wrong, unknown = App().post("login", email=EMAIL, password="x" * 12), App().post(
        "login", email="nobody@example.org", password="x" * 12)
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()


def test_an_address_that_is_taken_is_told_by_mail_only(signed_up, mailbox):
    second = App().post("signup", email=EMAIL, password="another good password")
    assert second.status_code == 401
    assert "already exists" in mailbox.received[-1].text
    assert User.objects.filter(email=EMAIL).count() == 1


@pytest.mark.parametrize("password", ["short", "password123", "12345678901", EMAIL])
def test_a_poor_password_is_refused(mailbox, password):
    refused = App().post("signup", email=EMAIL, password=password)
    assert (refused.status_code, refused.json()["errors"][0]["param"]) == (400, "password")
    assert not User.objects.exists()


def test_password_reset(signed_up, mailbox):
    app = App()
    assert app.post("password/request", email=EMAIL).status_code == 401
    code = code_in(mailbox)
    new = "a whole new password"
    assert app.post("password/reset", key=code, password=new).status_code == 401, "one signs in next"
    assert signed_up.me().status_code == 401, "whoever was signed in with the old password is out"
    assert App().post("login", email=EMAIL, password=PASSWORD).status_code == 400
    assert App().post("login", email=EMAIL, password=new).status_code == 200


def test_somebody_who_was_shut_out_is_out_at_once(signed_up):
    User.objects.update(is_active=False)
    assert signed_up.me().status_code == 401


def test_a_browser_signs_in_with_cookies_and_csrf(signed_up):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/_allauth/browser/v1/config")
    csrf = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    body = {"email": EMAIL, "password": PASSWORD}
    assert browser.post(f"{BROWSER}/login", body, content_type="application/json").status_code == 403
    assert browser.post(f"{BROWSER}/login", body, content_type="application/json", headers=csrf).status_code == 200
    assert browser.get("/api/v1/me/").json()["email"] == EMAIL
    csrf = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    refused = browser.post("/api/v1/tenants/", {"name": "Acme"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    made = browser.post("/api/v1/tenants/", {"name": "Acme"}, content_type="application/json", headers=csrf)
    assert made.status_code == 201
    assert browser.cookies["session"]["httponly"]


def test_a_mail_server_that_is_down_is_said_and_can_be_tried_again(mailbox):
    app = App()
    with override_settings(EMAIL_PORT=1):
        failed = app.post("signup", email=EMAIL, password=PASSWORD)
    assert (failed.status_code, failed.json()["code"]) == (503, "email_unavailable")
    assert app.post("login", email=EMAIL, password=PASSWORD).status_code == 401
    assert app.post("email/verify", key=code_in(mailbox)).status_code == 200


def test_guessing_is_slowed_down(signed_up):
    answers = [App().post("login", email=EMAIL, password=f"guess number {n}") for n in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 2


def test_of_two_sign_ups_with_one_address_at_once_neither_fails(mailbox):
    answers = at_once(*(lambda n=n: App().post("signup", email=EMAIL.upper() if n else EMAIL, password=PASSWORD)
                        for n in range(4)))
    assert {answer.status_code for answer in answers} <= {401, 409}
    assert 401 in {answer.status_code for answer in answers}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"sign_up_under_way"}
    assert User.objects.filter(email__iexact=EMAIL).count() == 1
    assert App().post("signup", email=EMAIL, password=PASSWORD).status_code == 401


def test_there_is_no_admin_site_and_no_superuser(signed_up):
    assert resolve("/admin/").url_name == "web-app", "a page that the web app does not have"
    with pytest.raises(AttributeError):
        User.objects.create_superuser("root@example.org", "x")
    user = User.objects.get()
    assert user.is_superuser is False
    assert not user.has_perm("tenants.change_tenant")
    assert "is_superuser" not in {field.name for field in User._meta.get_fields()}
