"""What the API's tests don't show: first requests that never came to an end, and old ones."""

from datetime import timedelta

import pytest

from countersign.clock import now
from countersign.database.context import tenant_context
from countersign.errors import BadRequest
from tenants.idempotency import KEPT, LONGEST_KEY, KeyReused, StillAnswering, claim, request_hash
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
    Replay.objects.update(created_at=now() - timedelta(minutes=3))
    again, new = ask()
    assert (again.id, new) == (record.id, True)
    with pytest.raises(StillAnswering):
        ask()


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
