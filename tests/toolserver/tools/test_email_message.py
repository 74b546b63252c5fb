"""What an e-mail looks like: readable as text and as HTML, right in every script, with nothing smuggled in."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from toolserver.tools.email_message import compose, html_page, plain_text


def made(**changes) -> EmailMessage:
    usual = {"sender": "Acme <news@acme.example>", "to": ["first@readers.example"], "subject": "News", "body": "Hello",
             "html": None, "key": "request:call"}
    return email.message_from_bytes(compose(**usual | changes).as_bytes(), policy=email.policy.default)


def part(message: EmailMessage, kind: str) -> str:
    return message.get_body(preferencelist=(kind,)).get_content()


def test_umlauts_and_emoji_arrive_in_subject_sender_and_both_bodies() -> None:
    subject = ("Über uns 🎉 " + "sehr " * 40).strip()
    message = made(sender="Grüße & Co <news@acme.example>", subject=subject, body="# Schön\n\n日本語")
    assert message["Subject"] == subject
    assert message["From"].addresses[0].display_name == "Grüße & Co"
    assert "日本語" in part(message, "plain")
    assert "<h1>Schön</h1>" in part(message, "html")


def test_no_line_is_longer_than_smtp_allows() -> None:
    raw = compose(sender="news@acme.example", to=[f"reader{n}@readers.example" for n in range(60)],
                  subject="word " * 58, body="word " * 2000 + "\n\n" + "x" * 3000, html=None, key="k").as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()


def test_a_lone_dot_stays_a_dot() -> None:
    assert part(made(body="before\n.\nafter"), "plain").split() == ["before", ".", "after"]


def test_sources_are_named_and_not_linked() -> None:
    body = "- It is faster. ([release notes.md, line 12](source:release%20notes.md#L12))"
    assert plain_text(body) == "- It is faster. (release notes.md, line 12)"
    html = html_page(body)
    assert 'title="release notes.md, line 12"' in html
    assert "source:" not in html


def test_web_links_stay_links_and_are_written_out_in_text() -> None:
    body = "See [the notes](https://acme.example/a?b=1&c=2)."
    assert plain_text(body) == "See the notes (https://acme.example/a?b=1&c=2)."
    assert '<a href="https://acme.example/a?b=1&amp;c=2">the notes</a>' in html_page(body)


@pytest.mark.parametrize("body", [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "![x](https://spy.example/p.gif)",
    "[x](data:text/html,<script>alert(1)</script>)", "<a href='https://evil.example'>x</a>", "[x](file:///etc/passwd)",
])
def test_no_html_script_or_tracking_picture_comes_through(body) -> None:
    html = html_page(body).partition("<body")[2]
    for forbidden in ("<script", "<img", "href=\"javascript", "href=\"data", "href=\"file", "<a href='"):
        assert forbidden not in html


@pytest.mark.parametrize("sender", [
    '"Eve\r\nBcc: all@acme.example" <news@acme.example>', "Eve\r\nBcc: all@acme.example <news@acme.example>\r\n",
    "news@acme.example\r\nBcc: all@acme.example", "news", "<news@acme.example> <spy@evil.example>", "",
])
def test_a_sender_that_is_more_than_a_name_and_an_address_is_refused(sender) -> None:
    with pytest.raises(ValueError, match="is not a"):
        made(sender=sender)


def test_a_subject_given_as_two_lines_becomes_one() -> None:
    message = made(subject="News\r\nBcc: spy@evil.example")
    assert message["Subject"] == "News Bcc: spy@evil.example"
    assert message["Bcc"] is None


def test_an_html_part_that_is_given_is_used_as_it_is() -> None:
    assert part(made(html="<p>Mine</p>"), "html").strip() == "<p>Mine</p>"


def test_equal_keys_make_equal_messages_but_for_the_date() -> None:
    one, two = made(), made()
    for message in (one, two):
        del message["Date"]
    assert one.as_bytes() == two.as_bytes()


ENCODED = "=?utf-8?q?=0D=0ABcc=3A_eve=40evil.example?="


@pytest.mark.parametrize("headers", [
    {"subject": ENCODED}, {"subject": f"News {ENCODED} of May"},
    {"subject": "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?="},
    {"sender": f"{ENCODED} <news@acme.example>"}, {"to": ["=?utf-8?q?=0ABcc=3Aeve=40evil.example?=@acme.example"]},
])
def test_an_encoded_word_hides_no_line_ends(headers) -> None:
    with pytest.raises(ValueError, match=r"=\?"):
        made(**headers)


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\x0b", "\x1c", "=", "?=", "=20", "\ufeff"])
def test_no_subject_begins_another_header(odd) -> None:
    message = made(subject=f"News{odd}Bcc: spy@evil.example")
    assert set(message.keys()) == set(made().keys())
