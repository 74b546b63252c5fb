from datetime import timedelta
from uuid import uuid4

import pytest

from countersign.canonical import content_hash
from countersign.clock import now
from countersign.grants import GrantClaims, GrantRefused, sign_grant, verify_grant
from countersign.signing import SigningKey

KEY = SigningKey.generate()
ARGUMENTS = {"name": "newsletter.md", "content": "# Hello"}


def claims(**changed) -> GrantClaims:
    return GrantClaims(**{
        "id": uuid4(), "tenant": uuid4(), "request": uuid4(), "run": uuid4(), "revision": 2, "call": "publish",
        "tool": "files.write", "schema_hash": "sha256:s", "arguments_hash": content_hash(ARGUMENTS),
        "policy_hash": "sha256:p", "not_before": now() - timedelta(seconds=1), "expires": now() + timedelta(hours=1),
        **changed})


def verify(granted: GrantClaims, *, token: str | None = None, **changed) -> GrantClaims:
    expected = {"tenant": granted.tenant, "run": granted.run, "tool": granted.tool, "schema_hash": granted.schema_hash,
                "arguments": ARGUMENTS, "at": now(), **changed}
    return verify_grant(sign_grant(granted, KEY) if token is None else token, [KEY.verify_key], **expected)


def test_a_grant_covers_the_call_it_names():
    granted = claims()
    assert verify(granted) == granted


@pytest.mark.parametrize(("changed", "code"), [
    ({"tenant": uuid4()}, "grant_wrong_tenant"),
    ({"run": uuid4()}, "grant_wrong_run"),
    ({"tool": "email.send"}, "grant_wrong_tool"),
    ({"schema_hash": "sha256:other"}, "grant_schema_changed"),
    ({"arguments": {**ARGUMENTS, "content": "# Hello!"}}, "grant_arguments_differ"),
    ({"at": now() - timedelta(hours=1)}, "grant_not_yet_valid"),
    ({"at": now() + timedelta(hours=2)}, "grant_expired"),
])
def test_it_covers_nothing_else(changed, code):
    with pytest.raises(GrantRefused) as refusal:
        verify(claims(), **changed)
    assert refusal.value.code == code


def test_a_grant_signed_by_another_key_is_forged():
    granted = claims()
    with pytest.raises(GrantRefused) as refusal:
        verify(granted, token=sign_grant(granted, SigningKey.generate()))
    assert refusal.value.code == "grant_forged"


def test_another_kind_of_token_by_the_same_key_is_no_grant():
    granted = claims()
    token = KEY.sign(granted.model_dump(mode="json"), kind="countersign-web+jwt")
    with pytest.raises(GrantRefused) as refusal:
        verify(granted, token=token)
    assert refusal.value.code == "grant_forged"


def test_no_grant_says_that_one_is_needed():
    with pytest.raises(GrantRefused) as refusal:
        verify(claims(), token="")
    assert refusal.value.code == "grant_required"


def test_the_order_of_keys_does_not_matter_to_the_hash():
    assert content_hash({"a": 1, "b": [True, None]}) == content_hash({"b": [True, None], "a": 1})
