from uuid import uuid4

import pytest
from nacl.public import PrivateKey

from countersign.sealing import CannotOpen, seal, unseal

KEY = PrivateKey.generate()
PLACE = {"tenant": uuid4(), "credential": uuid4(), "version": 3}
SECRET = {"password": "hunter2"}


def sealed() -> bytes:
    return seal(SECRET, public_key=bytes(KEY.public_key), **PLACE)


def test_the_box_opens_where_it_belongs_and_shows_nothing_outside():
    assert b"hunter2" not in sealed()
    assert unseal(sealed(), private_key=bytes(KEY), **PLACE) == SECRET


@pytest.mark.parametrize("moved", [{"tenant": uuid4()}, {"credential": uuid4()}, {"version": 2}])
def test_a_box_moved_elsewhere_does_not_open(moved):
    with pytest.raises(CannotOpen):
        unseal(sealed(), private_key=bytes(KEY), **{**PLACE, **moved})


def test_another_key_does_not_open_it():
    with pytest.raises(CannotOpen):
        unseal(sealed(), private_key=bytes(PrivateKey.generate()), **PLACE)
