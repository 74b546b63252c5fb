import time

import pytest

from countersign.errors import Invalid
from workflows.spec.inputs import check_input, schema_faults
from workflows.spec.reading import spec_from_data, spec_from_text


def test_yaml_and_json_give_the_same_plain_document():
    assert spec_from_text('{"a": [1, 2.5, true, null], "b": "x"}') == {"a": [1, 2.5, True, None], "b": "x"}
    assert spec_from_text("a: [1, 2.5, true, null]\nb: x") == {"a": [1, 2.5, True, None], "b": "x"}


def test_yaml_types_that_json_does_not_know_stay_text():
    assert spec_from_text("a: 2026-01-01\n<<: b") == {"a": "2026-01-01", "<<": "b"}


@pytest.mark.parametrize(("text", "reason"), [
    ("a: &x [1]\nb: *x", "Line 2, column 4: aliases"),
    ("a: 1\na: 2", "Line 2, column 1: the key 'a' stands twice"),
    ("1: 2", "the key 1 must be text"),
    ("[1]", "A spec is an object"),
    ("", "A spec is an object"),
    ("a: [", "Line 2"),
    ("a: " + "[" * 5000, "64 deep"),
    ("a: .nan", "JSON cannot hold this"),
    ("a: 123456789012345678901", "JSON cannot hold this"),
    ('a: "\\0"', "U\\+0000"),
    ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
    ("a: !!binary aGk=", "JSON cannot hold this"),
    ("---\na: 1\n---\nb: 2", "another document"),
    ("a: " + "x" * 1_000_001, "1,000,000 bytes at most; this one has 1,000,004"),
])
def test_what_cannot_be_read_says_where_and_why(text, reason):
    with pytest.raises(Invalid, match=reason) as caught:
        spec_from_text(text)
    assert caught.value.fields[0]["field"] == "spec"


def test_a_billion_laughs_are_refused_at_once():
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    started = time.process_time()
    with pytest.raises(Invalid, match="aliases"):
        spec_from_text(laughs)
    assert time.process_time() - started < 1


def test_parsed_data_keeps_to_the_same_bounds():
    deep: list = []
    for _ in range(100):
        deep = [deep]
    for data, reason in [({"a": deep}, "64 deep"), ({"a": "x" * 2_000_000}, "1,000,000 bytes"),
                         ({"a": ["\0"]}, "U\\+0000"), ({"a": float("inf")}, "JSON"), ({"a": "\ud800"}, "JSON")]:
        with pytest.raises(Invalid, match=reason):
            spec_from_data(data)
    assert spec_from_data({"a": "\\u0000"}) == {"a": "\\u0000"}


INPUT = {"type": "object", "required": ["documents"], "additionalProperties": False, "properties": {
    "documents": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 3},
                                                              "kind": {"type": "string", "default": "text"}}}},
    "to": {"type": "string", "format": "email"},
    "words": {"type": "integer", "minimum": 1, "default": 900}}}


def test_defaults_are_filled_in_at_every_level():
    given = {"documents": [{"name": "a"}]}
    assert check_input(INPUT, given) == {"documents": [{"name": "a", "kind": "text"}], "words": 900}
    assert given == {"documents": [{"name": "a"}]}


@pytest.mark.parametrize(("given", "faults"), [
    ({}, {"input.documents": "required"}),
    ([], {"input": "type"}),
    ({"documents": [], "words": 0}, {"input.documents": "minItems", "input.words": "minimum"}),
    ({"documents": [{"name": "a"}, {"name": "abcd"}, {}], "x": 1, "y": 2},
     {"input.documents.1.name": "maxLength", "input.documents.2.name": "required", "input.x": "unknown_field",
      "input.y": "unknown_field"}),
    ({"documents": [{"name": "a"}], "to": "a@example.org\nBcc: b@example.org"}, {"input.to": "format"}),
])
def test_every_faulty_field_of_an_input_is_named(given, faults):
    with pytest.raises(Invalid) as caught:
        check_input(INPUT, given)
    assert {fault["field"]: fault["code"] for fault in caught.value.fields} == faults


@pytest.mark.parametrize(("schema", "faults"), [
    ({"type": "string"}, {("input.type", "not_an_object")}),
    ({"type": "objekt"}, {("input.type", "invalid_schema")}),
    ({"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}},
     {("input.properties.a.pattern", "unsupported_keyword")}),
    ({"type": "object", "allOf": [{"$ref": "#"}]}, {("input.allOf.0.$ref", "unsupported_keyword")}),
    ({"type": "object", "properties": {"pattern": {"type": "string"}, "a": {"const": {"$ref": 1}}}}, set()),
    ({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
     {("input.properties.a.default", "type")}),
])
def test_an_input_schema_is_checked_itself(schema, faults):
    assert {(fault["field"], fault["code"]) for fault in schema_faults(schema, "input")} == faults
