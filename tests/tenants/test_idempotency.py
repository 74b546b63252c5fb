"""What the API's tests don't show: first requests that never came to an end, and old ones."""

from datetime import timedelta

import pytest
from rest_framework.response import Response

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.errors import BadRequest
from tenants.idempotency import (
    GIVEN_UP_AFTER,
    KEPT,
    KEPT_BYTES,
    LONGEST_KEY,
    KeyReused,
    StillAnswering,
    claim,
    is_to_be_read_again,
    keep,
    let_go,
    request_hash,
)
from tenants.models import Replay

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(make_tenant, make_user):
    tenant, user = make_tenant(), make_user()

    def claim_key(key="k", wanted="first"):
        with tenant_context(tenant.id):
            return claim(Replay, user_id=user.id, key=key, wanted=wanted)

    with tenant_context(tenant.id):
        yield claim_key


def test_a_request_that_is_under_way_is_waited_for(ask):
    assert ask()[1] is True
    with pytest.raises(StillAnswering):
        ask()
    with pytest.raises(KeyReused):
        ask(wanted="second")


def test_one_that_was_given_up_is_done_again(ask):
    record, _ = ask()
    Replay.objects.update(created_at=now() - GIVEN_UP_AFTER - timedelta(seconds=1))
    again, new = ask()
    assert (again.id, new) == (record.id, True)
    with pytest.raises(StillAnswering):
        ask()


def test_one_that_was_given_up_and_still_goes_on_has_no_more_say(ask):
    slow, _ = ask()
    Replay.objects.update(created_at=now() - GIVEN_UP_AFTER - timedelta(seconds=1))
    slow.refresh_from_db()
    second, _ = ask()
    let_go(slow)
    keep(slow, Response({"by": "the slow one"}, status=201))
    with pytest.raises(StillAnswering):
        ask()
    keep(second, Response({"by": "the second"}, status=201))
    let_go(slow)
    kept, new = ask()
    assert (kept.body, kept.status, new) == ({"by": "the second"}, 201, False)


@pytest.mark.parametrize(("size", "location", "kept"), [
    (KEPT_BYTES + 1, "/api/v1/there/", False), (100, "/api/v1/there/", True), (KEPT_BYTES + 1, "", True)])
def test_of_a_large_answer_its_address_is_kept_alone(ask, size, location, kept):
    record, _ = ask()
    keep(record, Response({"text": "x" * size}, status=201, headers={"Location": location} if location else {}))
    record, _ = ask()
    assert (record.body is not None, record.location, is_to_be_read_again(record)) == (kept, location, not kept)


def test_keys_are_forgotten_after_a_day(ask):
    ask()
    Replay.objects.update(status=201, created_at=now() - KEPT - timedelta(seconds=1))
    assert ask(wanted="second")[1] is True
    assert Replay.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * (LONGEST_KEY + 1)])
def test_a_key_has_a_length(ask, key):
    with pytest.raises(BadRequest):
        ask(key=key)


def test_a_request_is_its_method_path_and_body_whatever_their_order():
    first = request_hash(method="POST", path="/a/", body={"a": 1, "b": [1.5, None]})
    assert first == request_hash(method="POST", path="/a/", body={"b": [1.5, None], "a": 1})
    assert first != request_hash(method="POST", path="/b/", body={"a": 1, "b": [1.5, None]})
    assert first != request_hash(method="POST", path="/a/", body={"a": 1, "b": [1.5]})
