"""Whatever an editor saves, validation answers with faults or pins, never with a failure of its own."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.test_spec_faults import CATALOGUE, resolve
from workflows.gallery import gallery
from workflows.spec.reading import spec_from_data
from workflows.spec.validation import validate

NEWSLETTER = gallery()["newsletter"].spec
words = st.sampled_from(["draft", "check", "gate", "publish", "send", "worker", "supervisor", "approval", "tool",
                         "text", "{{ draft }}", "{{ input.x", "{% if draft %}", "$result", "type", "id", "", "Editor"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


PLACES = [place for place in places(NEWSLETTER) if place]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
def test_a_spec_with_anything_anywhere_is_judged(changes):
    document = copy.deepcopy(NEWSLETTER)
    for (*way, last), value in changes:
        here = document
        try:
            for part in way:
                here = here[part]
            if isinstance(here, dict if isinstance(last, str) else list):
                here[last] = value
        except (LookupError, TypeError):
            continue
    spec_from_data(document)
    findings, pins = validate(document, catalogue=CATALOGUE, resolve=resolve)
    assert (pins is None) == bool(findings.faults)
    assert all(set(fault) == {"field", "code", "detail"} for fault in findings.faults + findings.warnings)
