"""Guessing passwords and codes is slowed down, tells nothing about accounts, and shuts nobody out from elsewhere."""

from __future__ import annotations

import re
import threading

import pytest
import redis
from django.test import Client, override_settings

from countersign.embedded.mailbox import Mailbox
from tenants.attempts import ACCOUNT, ACCOUNT_FROM_ADDRESS, ADDRESS, Attempt, TooManyAttempts
from tenants.sign_in import FROM_ANYWHERE

pytestmark = pytest.mark.django_db
mails = pytest.mark.django_db(transaction=True)
AUTH = "/_allauth/app/v1/auth"
EMAIL, PASSWORD = "person@example.org", "correct horse battery"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
CODE = re.compile(r"^\s*([A-Z0-9-]{4,12})\s*$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _sign_in_is_quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1000/m/ip"}  # not what is tested


@pytest.fixture
def person(make_user):
    return make_user(EMAIL, password=PASSWORD)


def sign_in(password="a wrong guess", email=EMAIL, at=HERE):
    return Client().post(f"{AUTH}/login", {"email": email, "password": password}, content_type="application/json",
                         REMOTE_ADDR=at)


def pass_time(redis_client, seconds):
    """As if that long had gone by: every wait in Redis ends so much earlier."""
    for key in redis_client.scan_iter("attempts:*"):
        if redis_client.type(key) == b"hash" and (until := redis_client.hget(key, "until")):
            redis_client.hset(key, "until", float(until) - seconds)


def waits(redis_client, tries, **options):
    """How long one is told to wait after each failure, having waited as long as one was told before."""
    told = []
    for _ in range(tries):
        assert sign_in(**options).status_code == 400
        refused = sign_in(PASSWORD, **options)
        told.append(int(refused["Retry-After"]) if refused.status_code == 429 else 0)
        pass_time(redis_client, 10**6)
    return told


def test_each_further_failure_takes_a_longer_wait(person, redis_client):
    for _ in range(ACCOUNT_FROM_ADDRESS.free - 1):
        assert sign_in().status_code == 400
    assert waits(redis_client, 9) == [15, 30, 60, 120, 240, 480, 960, 1920, 3600]
    assert sign_in(PASSWORD).status_code == 200
    assert [sign_in().status_code for _ in range(ACCOUNT_FROM_ADDRESS.free)] == [400] * 5, "forgotten with a success"


def test_waiting_is_a_problem_with_a_time_and_the_right_password_waits_too(person):
    for _ in range(ACCOUNT_FROM_ADDRESS.free):
        sign_in()
    refused = sign_in(PASSWORD)
    body = refused.json()
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert (body["code"], body["status"], body["retry_after"]) == ("too_many_attempts", 429, 15)
    assert refused["Retry-After"] == "15"
    assert EMAIL not in refused.content.decode()


def test_trying_while_one_waits_makes_the_wait_no_longer(person, redis_client):
    for _ in range(ACCOUNT_FROM_ADDRESS.free + 20):
        last = sign_in()
    assert last.status_code == 429
    pass_time(redis_client, 15)
    assert sign_in(PASSWORD).status_code == 200


def test_an_account_that_is_not_there_answers_just_so(person):
    there = [sign_in() for _ in range(8)]
    missing = [sign_in(email="nobody@example.org", at=ELSEWHERE) for _ in range(8)]
    for one, other in zip(there, missing, strict=True):
        assert (one.status_code, one.json()) == (other.status_code, other.json())
    assert there[-1].status_code == 429


def test_the_same_address_in_other_letters_is_the_same_account(person):
    answers = [sign_in(email=email) for email in (EMAIL, EMAIL.upper(), f" {EMAIL}", EMAIL.title(), EMAIL, EMAIL)]
    assert answers[-1].status_code == 429


def test_many_accounts_from_one_address_wait_together(person):
    answers = [sign_in(email=f"person{n}@example.org").status_code for n in range(ADDRESS.free + 1)]
    assert answers == [400] * ADDRESS.free + [429]
    assert sign_in(PASSWORD).status_code == 429
    assert sign_in(PASSWORD, at=ELSEWHERE).status_code == 200


def test_one_account_from_many_addresses_waits_everywhere_but_where_it_signed_in_before(person):
    assert sign_in(PASSWORD).status_code == 200
    answers = [sign_in(at=f"198.51.100.{n}").status_code for n in range(ACCOUNT.free + 1)]
    assert answers == [400] * ACCOUNT.free + [429]
    assert sign_in(PASSWORD).status_code == 200, "the person, where they were before"
    assert sign_in(PASSWORD, at="203.0.113.1").status_code == 429, "somebody, somewhere new"


@mails
def test_a_code_from_the_accounts_own_mailbox_lets_the_person_in_anywhere(person):
    for n in range(ACCOUNT.free):
        sign_in(at=f"198.51.100.{n}")
    new = "a whole new password"
    with Mailbox() as mailbox, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                                 EMAIL_HOST="127.0.0.1", EMAIL_PORT=mailbox.port):
        begun = ask("password/request", email=EMAIL)
        code = CODE.search(mailbox.received[-1].text)[1]
    ask("password/reset", begun, key=code, password=new)
    assert sign_in(new).status_code == 200
    assert sign_in(new, at="203.0.113.1").status_code == 429


def ask(action, before=None, at=HERE, **body):
    headers = {"X-Session-Token": before.json()["meta"]["session_token"]} if before else {}
    return Client().post(f"{AUTH}/{action}", body, content_type="application/json", headers=headers, REMOTE_ADDR=at)


@mails
def test_a_code_is_worth_three_tries(person):
    with Mailbox() as mailbox, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                                 EMAIL_HOST="127.0.0.1", EMAIL_PORT=mailbox.port):
        begun = ask("password/request", email=EMAIL)
        code = CODE.search(mailbox.received[-1].text)[1]
    wrong = [ask("password/reset", begun, key="WRONG1", password="a whole new password") for _ in range(3)]
    assert [answer.status_code for answer in wrong] == [400] * 3
    assert ask("password/reset", begun, key=code, password="a whole new password").status_code == 409
    assert sign_in(PASSWORD).status_code == 200


@pytest.fixture
def mailbox():
    with Mailbox() as box, override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
                                             EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port):
        yield box


@mails
@pytest.mark.parametrize(("action", "asked"), [
    ("password/request", {"email": EMAIL}), ("password/request", {"email": "nobody@example.org"}),
    ("signup", {"email": EMAIL, "password": PASSWORD}), ("signup", {"email": "new@example.org", "password": PASSWORD})])
def test_mails_are_not_sent_without_end(person, redis_client, mailbox, action, asked):
    answers = [ask(action, **asked) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert len(mailbox.received) == 5
    refused = answers[-1]
    assert (refused.json()["code"], refused["Content-Type"]) == ("too_many_requests", "application/problem+json")
    [a_minute] = redis_client.scan_iter("quota:mail-a-minute:*")
    assert redis_client.ttl(a_minute) <= int(refused["Retry-After"]) <= 60, "the time that is left, and no other"


@mails
def test_the_wait_of_the_hour_is_told_as_it_is(person, redis_client, mailbox):
    for _ in range(20):
        assert ask("password/request", email=EMAIL).status_code == 401
        redis_client.delete(*redis_client.scan_iter("quota:mail-a-minute:*"), *redis_client.scan_iter("cache:*"))
    refused = ask("password/request", email=EMAIL)
    assert refused.status_code == 429
    assert 3500 < int(refused["Retry-After"]) <= 3600


@mails
def test_what_others_ask_for_elsewhere_shuts_nobody_out_from_a_reset(person, redis_client, mailbox):
    assert sign_in(PASSWORD).status_code == 200
    sent = []
    for n in range(12):
        answers = {ask("password/request", at=f"198.51.100.{n}", email=EMAIL).status_code for _ in range(4)}
        assert answers == {401}, "nobody is told how many others asked"
        sent.append(len(mailbox.received))
    assert sent[9:] == [FROM_ANYWHERE.most] * 3, "the mailbox is filled so far and no further"
    begun = ask("password/request", email=EMAIL)
    assert begun.status_code == 401
    assert len(mailbox.received) == FROM_ANYWHERE.most + 1, "the person, where they have signed in before"
    code = CODE.search(mailbox.received[-1].text)[1]
    ask("password/reset", begun, key=code, password="a whole new password")
    assert sign_in("a whole new password").status_code == 200


@mails
def test_what_others_ask_for_elsewhere_shuts_nobody_out_from_signing_up(mailbox):
    for _ in range(5):
        ask("signup", at=ELSEWHERE, email="new@example.org", password="another good password")
    mailed = len(mailbox.received)
    assert ask("signup", email="new@example.org", password=PASSWORD).status_code == 401
    assert len(mailbox.received) == mailed + 1


def test_a_hundred_guesses_at_once_are_counted_one_by_one(redis_client):
    """An attempt counts as failed before its password is looked at: all at once is no way around."""
    tried, together = [], threading.Barrier(100, timeout=60)

    def guess(n):
        attempt = Attempt("sign-in", account=EMAIL, address=HERE)
        together.wait()
        try:
            attempt.begin()
            tried.append(n)
        except TooManyAttempts:
            pass

    threads = [threading.Thread(target=guess, args=[n]) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tried) == ACCOUNT_FROM_ADDRESS.free


def test_signing_in_rightly_again_and_again_is_no_guessing(person):
    assert [sign_in(PASSWORD).status_code for _ in range(40)] == [200] * 40


def test_an_account_of_ones_own_does_not_end_the_wait_of_an_address(person, make_user):
    make_user("attacker@example.org", password=PASSWORD)
    for n in range(ADDRESS.free - 1):
        sign_in(email=f"person{n}@example.org")
    assert sign_in(PASSWORD, email="attacker@example.org").status_code == 200
    assert [sign_in(email=f"other{n}@example.org").status_code for n in range(2)] == [400, 429]
    assert sign_in(PASSWORD, email="attacker@example.org").status_code == 200, "their own account, known here"
    assert sign_in(email="another@example.org").status_code == 429


def test_a_busy_address_does_not_lock_itself_out(redis_client, make_user):
    """Many mistypes, and many people who sign in rightly for the first time: none of those makes anybody wait."""
    people = [make_user(f"colleague{n}@example.org", password=PASSWORD).email for n in range(12)]
    for n in range(ADDRESS.free + 8):
        assert sign_in(email=f"person{n}@example.org").status_code == 400
        pass_time(redis_client, 10**6)
    assert [sign_in(PASSWORD, email=email).status_code for email in people] == [200] * 12
    assert sign_in(email="person99@example.org").status_code == 400, "no wait of a success is left"
    assert sign_in(email="person99@example.org").status_code == 429, "the failure's own is"


def test_where_one_has_signed_in_before_the_addresss_wait_is_not_ones_own(person):
    assert sign_in(PASSWORD).status_code == 200
    for n in range(ADDRESS.free):
        sign_in(email=f"person{n}@example.org")
    assert sign_in(email="person99@example.org").status_code == 429
    assert sign_in(PASSWORD).status_code == 200
    assert sign_in(email="person99@example.org").status_code == 429, "nor does that end it for others"


def test_a_success_ends_no_wait_that_another_failure_began_meanwhile(redis_client):
    """The wait that is put back is that before the attempt, and only while the attempt's own is the last."""
    for n in range(ADDRESS.free - 1):
        Attempt("sign-in", account=f"person{n}@example.org", address=HERE).begin()
    right, wrong = (Attempt("sign-in", account=account, address=HERE) for account in (EMAIL, "wrong@example.org"))
    right.begin()
    pass_time(redis_client, 10**6)
    wrong.begin()
    right.succeed()
    with pytest.raises(TooManyAttempts):
        Attempt("sign-in", account="another@example.org", address=HERE).begin()


def test_failures_are_forgotten_a_while_after_the_first_whatever_happens_since(redis_client, person):
    sign_in(email="mistyped@example.org")
    [at_address] = list(redis_client.scan_iter("attempts:sign-in:at:*"))
    redis_client.expire(at_address, 100)
    sign_in(email="mistyped-again@example.org")
    assert sign_in(PASSWORD).status_code == 200
    assert redis_client.hget(at_address, "failed") == b"2"
    assert 0 < redis_client.ttl(at_address) <= 100


def test_an_attempt_is_counted_in_one_round_trip(redis_client, monkeypatch):
    sent, send = [], redis.connection.AbstractConnection.send_packed_command
    Attempt("sign-in", account="other@example.org", address=HERE).begin()
    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command",
                        lambda self, command, **options: (sent.append(command), send(self, command, **options))[1])
    attempt = Attempt("sign-in", account=EMAIL, address=HERE)
    attempt.begin()
    assert len(sent) == 1
    monkeypatch.undo()
    attempt.succeed()
    assert redis_client.hget(f"attempts:sign-in:at:{HERE}", "failed") == b"1"


def test_where_nobody_failed_nothing_is_counted(redis_client, person):
    sign_in(PASSWORD)
    assert [key for key in redis_client.scan_iter("attempts:*") if b":known:" not in key] == []


def test_an_invitations_secret_is_not_guessed_without_end(person, api):
    client = api(person)
    answers = [client.post("/api/v1/invitations/accept/", {"token": f"guess-{n}"}) for n in range(12)]
    assert (answers[0].status_code, answers[-1].status_code) == (404, 429)
    assert answers[-1].json()["code"] == "too_many_attempts"


def test_no_address_of_a_person_stands_in_redis(person, redis_client):
    sign_in()
    sign_in(PASSWORD)
    ask("password/request", email=EMAIL)
    kept = {key: redis_client.hgetall(key) if redis_client.type(key) == b"hash" else redis_client.get(key)
            for key in redis_client.scan_iter("*")}
    assert {b"attempts", b"quota"} <= {key.partition(b":")[0] for key in kept}
    assert "person" not in str(kept)
    assert "example.org" not in str(kept)


def test_without_redis_nobody_signs_in_and_it_is_said(person, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    refused = sign_in(PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
