"""Canonical JSON (RFC 8785): the fast way and the library's give the same bytes, or refuse the same values."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from countersign.canonical import canonical_json

TEXT = st.text(st.characters())  # lone surrogates among them
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | TEXT | st.integers(-2**54, 2**54),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)


@given(VALUES)
@example({"\U0001f600": 1, "\uffff": 2})  # sorted by UTF-16's units: the first comes first
@example({"b": 1, "a": [True, None, "\u2028\x7f\x00\x1f\"\\/é\t"]})
@example([2**53, -(2**53)])
@example([0.1, 1e21, -0.0])
@example("\ud800")
@example({"\ud800": 1, "a": 2})
def test_it_is_what_the_library_makes_of_it(value):
    try:
        expected = rfc8785.dumps(value)
    except ValueError as refusal:  # of its own kind, or of the encoder's for half a character in a key
        with pytest.raises(type(refusal)):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected
