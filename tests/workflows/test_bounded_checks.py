"""What a spec or an input asks to be checked takes bounded work, however much of it fits into what may be sent.

Steps are counted instead of seconds: a test that measures them fails on a busy machine.
"""

from __future__ import annotations

import sys

import pytest
from django.db import connection

from countersign.canonical import canonical_json
from countersign.errors import Invalid
from tests.workflows.test_spec_faults import CATALOGUE, SPEC, resolve
from tests.workflows.test_spec_reading import INPUT
from workflows.spec import bounds
from workflows.spec.inputs import check_input, schema_faults, value_faults
from workflows.spec.reading import spec_from_text
from workflows.spec.validation import validate
from workflows.spec.work import MOST_STEPS, bounded_work

MANY = 40_000
OBJECTS = [{"a": n} for n in range(MANY)]
LARGE_SCHEMAS = {
    "required objects": {"type": "object", "required": OBJECTS},
    "required names": {"type": "object", "required": [f"a{n}" for n in range(MANY)]},
    "types": {"type": ["object", *OBJECTS]},
    "properties": {"type": "object", "properties": {f"a{n}": {} for n in range(MANY)}},
    "dependents": {"type": "object", "dependentRequired": {f"a{n}": [{}] for n in range(MANY)}},
    "a default to be unique": {"type": "object", "properties": {
        "a": {"type": "array", "uniqueItems": True, "default": OBJECTS}}},
    "defaults to be compared": {"type": "object", "properties": {
        f"a{n}": {"items": {"enum": OBJECTS[:500]}, "default": OBJECTS[:500]} for n in range(10)}},
}
LARGE_VALUES = {
    "unique objects": ({"uniqueItems": True}, OBJECTS),
    "objects of a list": ({"items": {"enum": OBJECTS}}, OBJECTS),
    "alternatives": ({"items": {"anyOf": [{"type": "string"}] * 1000}}, OBJECTS),
    "alternatives of a large text": ({"anyOf": [{"type": "integer"}] * 10_000}, "x" * 2**20),
    "demands on a large text": ({"allOf": [{"const": 1}] * 10_000}, "x" * 2**20),
    "required in each": ({"items": {"required": [f"b{n}" for n in range(1000)]}}, OBJECTS),
}


def calls(work) -> int:
    """How many functions were called meanwhile: seconds, but for the machine."""
    count = 0

    def called(frame, event, argument):
        nonlocal count
        count += 1

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", LARGE_SCHEMAS)
def test_a_large_schema_is_checked_or_refused_in_bounded_work(name):
    assert calls(lambda: schema_faults(LARGE_SCHEMAS[name], "input")) < 40 * MOST_STEPS


@pytest.mark.parametrize("name", LARGE_VALUES)
def test_a_large_value_is_checked_or_refused_in_bounded_work(name):
    assert calls(lambda: value_faults(*LARGE_VALUES[name], "input")) < 40 * MOST_STEPS


URI = "http://example.org/" + "a" * 2**20


@pytest.mark.parametrize(("schema", "value"), [
    ({"items": {"allOf": [{"type": "object"}] * 100}}, OBJECTS), ({"allOf": [{"format": "uri"}] * 100}, URI),
    ({"allOf": [{"const": URI}] * 100}, URI), ({"allOf": [{"uniqueItems": True}] * 100}, OBJECTS),
], ids=["items", "uri", "const", "unique"])
def test_what_takes_too_many_steps_is_a_fault_and_not_let_through(schema, value):
    faults = value_faults(schema, value, "input")
    assert [(fault["field"], fault["code"]) for fault in faults] == [("input", "too_much_work")]


def test_what_a_run_is_used_to_is_far_from_it():
    with bounded_work() as work:
        check_input(INPUT, {"documents": [{"name": "a"}] * 1000, "to": "a@example.org"})
        assert work.left > MOST_STEPS * 0.9


def test_a_small_input_cannot_ask_for_large_defaults():
    schema = {"type": "object", "properties": {"a": {"items": {"properties": {"b": {"default": "x" * 10_000}}}}}}
    with pytest.raises(Invalid) as refused:
        check_input(schema, {"a": [{} for _ in range(10_000)]})
    assert refused.value.fields[0]["code"] == "too_much_work"


@pytest.mark.parametrize(("schema", "value", "same"), [
    ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}], True), ({"uniqueItems": True}, [1, True], False),
    ({"uniqueItems": True}, [1, "1", [1], None], False), ({"uniqueItems": False}, [1, 1], False),
    ({"not": {"enum": [{"a": [1]}]}}, {"a": [1.0]}, True), ({"not": {"const": "1"}}, 1, False),
])
def test_values_are_the_same_as_json_schema_has_it(schema, value, same):
    assert bool(value_faults(schema, value, "input")) == same


def test_a_number_that_cannot_be_divided_and_a_name_with_an_apostrophe_are_no_failure_of_ours():
    assert value_faults({"multipleOf": 0.1}, 10**400, "input")[0]["code"] == "out_of_range"
    assert value_faults({"required": ["it's"]}, {}, "input")[0]["field"] == "input.it's"


@pytest.mark.parametrize("schema", [
    {"properties": {"properties": {"pattern": "(a+)+$"}}}, {"dependentSchemas": {"const": {"$ref": "#"}}},
    {"allOf": [{"$schema": "http://json-schema.org/draft-04/schema#"}]},
    {"$schema": "http://json-schema.org/draft-04/schema#"}, {"items": {"unevaluatedProperties": False}},
])
def test_no_keyword_that_is_refused_hides_where_names_stand(schema):
    assert [fault["code"] for fault in schema_faults({"type": "object", **schema}, "input")] == ["unsupported_keyword"]


def large(name: str) -> dict:
    """As large a spec as may be sent, in one respect."""
    document = spec_from_text(SPEC)
    draft, publish = document["nodes"][0], document["nodes"][3]
    match name:
        case "unknown keys":
            draft.update({f"k{n}": 1 for n in range(MANY)})
        case "templates":
            publish["arguments"]["list"] = [f"{{{{a{n}}}}}" for n in range(MANY)]
        case "texts":
            publish["arguments"]["list"] = [f"a{n}" for n in range(MANY)]
        case "code":
            publish["arguments"]["list"] = "{{ a }}" * MANY
        case "schemas":
            output = {"type": "object", "properties": {f"a{n}": {} for n in range(300)}}
            document["nodes"] += [draft | {"id": f"w{n}", "output": output} for n in range(150)]
        case "arguments":
            publish["arguments"].update({f"a{n}": 1 for n in range(MANY)})
    assert len(canonical_json(document)) < bounds.DOCUMENT_BYTES
    return document


@pytest.mark.parametrize("name", ["unknown keys", "templates", "texts", "code", "schemas", "arguments"])
def test_a_large_spec_is_judged_in_bounded_work_and_of_its_faults_the_first_ones_are_told(name):
    document, judged = large(name), []
    assert calls(lambda: judged.append(validate(document, catalogue=CATALOGUE, resolve=resolve))) < 40 * MOST_STEPS
    findings = judged[0][0]
    assert 0 < len(findings.faults) <= bounds.FAULTS


@pytest.mark.django_db(transaction=True)
def test_a_spec_is_judged_outside_transactions_and_without_a_connection(stage, monkeypatch):
    """Sixteen who ask at once for what takes seconds would hold all of web's connections."""
    from tests.workflow_stage import signed_in_as
    from workflows.services import publishing

    held = []

    def judged(document, **options):
        held.append(connection.connection)
        return validate(document, **options)

    monkeypatch.setattr(publishing, "validate", judged)
    monkeypatch.setattr(publishing, "fetch_catalogue", lambda **_: CATALOGUE)
    version = stage.publish()
    with signed_in_as("web"):
        with stage.context():
            scope = version.template.scope
        publishing.find_faults(version=version, by=stage.editor)
        publishing.check_document(version.spec, scope=scope, tenant_id=stage.tenant.id, by=stage.editor)
    assert held == [None, None]
