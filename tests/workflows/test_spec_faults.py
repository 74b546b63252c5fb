import copy

import pytest

from countersign.errors import Invalid, field_fault
from tests.loopback_catalogue import EMAIL_SEND, FILES_WRITE, WEB_SEARCH
from workflows.gallery import gallery
from workflows.spec.catalogue import Catalogue, ModelEntry, ToolEntry
from workflows.spec.document import Spec, spec_schema
from workflows.spec.pins import GatePin
from workflows.spec.reading import spec_from_text
from workflows.spec.validation import validate

SPEC = """
name: Note
input:
  type: object
  required: [text]
  properties: {text: {type: string}, to: {type: array, default: []}, mood: {type: string}}
start: draft
nodes:
  - {id: draft, type: worker, model: writer, prompt: "Write about {{ input.text }}", next: check}
  - {id: check, type: supervisor, judges: draft, model: reviewer, prompt: "{{ draft }}", next: gate,
     checks: [{id: length, type: length, max_words: 10}]}
  - {id: gate, type: approval, shows: draft, policy: {stages: [{rules: [{role: Editor}]}]}, releases: [publish, send],
     next: publish}
  - {id: publish, type: tool, tool: files.write, arguments: {name: a.md, content: "{{ draft }}"}, next: send}
  - {id: send, type: tool, tool: email.send, next: null,
     arguments: {to: "{{ input.to }}", subject: Note, body: {$result: {call: publish, path: [name]}}}}
"""
DRAFT, CHECK, GATE, PUBLISH, SEND = range(5)


def entry(tool):
    return ToolEntry(input_schema=tool["inputSchema"], annotations=tool["annotations"],
                     schema_hash=tool["_meta"]["countersign/schema_hash"])


CATALOGUE = Catalogue(
    models={alias: ModelEntry() for alias in ("writer", "reviewer", "offline-writer", "offline-reviewer")},
    tools={tool["name"]: entry(tool) for tool in (FILES_WRITE, EMAIL_SEND, WEB_SEARCH)})


def resolve(policy):
    for place, rule in enumerate(policy.stages[0].rules):
        if rule.role != "Editor":
            raise Invalid(fields=[field_fault(f"stages.0.rules.{place}.role", "unknown_role", "No such role.")])
    short = policy.stages[0].rules[0].count > 1
    return GatePin(policy=policy.model_dump(mode="json"), policy_hash="sha256:p"), ["Nobody."] if short else []


def check(*changes, catalogue=CATALOGUE):
    document = spec_from_text(SPEC)
    for change in changes:
        change(document)
    before = copy.deepcopy(document)
    findings, pins = validate(document, catalogue=catalogue, resolve=resolve)
    assert document == before
    assert (pins is None) == bool(findings.faults)
    return findings, pins


def at(path, value):
    """Sets what stands at a path, such as `nodes.0.next`; `...` removes it."""
    def change(document):
        here = document
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in way:
            here = here[part]
        if value is ...:
            del here[last]
        else:
            here[last] = value
    return change


def add(**node):
    return lambda document: document["nodes"].append(node)


def test_a_sound_spec_has_no_faults_and_its_pins():
    findings, pins = check()
    assert (findings.faults, findings.warnings) == ([], [])
    assert pins.gates["gate"].policy_hash == "sha256:p"
    assert pins.models == ["reviewer", "writer"]
    assert {name: (tool.schema_hash, tool.read_only) for name, tool in pins.tools.items()} == {
        "email.send": ("sha256:mail", False), "files.write": ("sha256:files", False)}


@pytest.mark.parametrize(("changes", "faults"), [
    # shape
    ([at("name", ...)], {"name": "required"}),
    ([at("colour", "red")], {"colour": "unknown_key"}),
    ([at("nodes.0.colour", "red")], {"nodes.0.colour": "unknown_key"}),
    ([at("nodes.0.type", "wroker")], {"nodes.0.type": "unknown_node"}),
    ([at("nodes.2.type", "approvl")], {"nodes.2.type": "unknown_node"}),
    ([at("nodes.0.type", ...)], {"nodes.0.type": "required"}),
    ([at("nodes.0.prompt", 7)], {"nodes.0.prompt": "invalid_value"}),
    ([at("nodes.3.tool", ...)], {"nodes.3.tool": "required"}),
    ([at("nodes.3.arguments", "x")], {"nodes.3.arguments": "invalid_value"}),
    ([at("nodes.0.output", 3)], {"nodes.0.output": "invalid_value"}),
    ([at("nodes.1.checks.0.type", "lenth")], {"nodes.1.checks.0.type": "unknown_check"}),
    ([at("nodes.1.checks.0.max_words", -1)], {"nodes.1.checks.0.max_words": "out_of_range"}),
    ([at("nodes.1.checks.0.max_words", [])], {"nodes.1.checks.0.max_words": "invalid_value"}),
    ([at("limits", {"revisions": 21, "steps": 0, "seconds": 900_000, "cost": -1})],
     {f"limits.{name}": "out_of_range" for name in ("revisions", "steps", "seconds", "cost")}),
    # ids and references
    ([at("nodes.0.id", "Draft")], {"nodes.0.id": "invalid_id", "start": "unresolved", "nodes.1.judges": "unresolved",
                                   "nodes.2.shows": "unresolved", "nodes.1.prompt": "unknown_name",
                                   "nodes.3.arguments.content": "unknown_name"}),
    ([add(id="draft", type="worker", model="writer", prompt="")],
     {"nodes.0.id": "duplicate_id", "nodes.5.id": "duplicate_id"}),
    ([add(id="input", type="worker", model="writer", prompt=""), at("nodes.4.next", "input")],
     {"nodes.5.id": "reserved"}),
    ([at("start", "nowhere")], {"start": "unresolved"}),
    ([at("nodes.4.next", "nowhere")], {"nodes.4.next": "unresolved"}),
    ([at("nodes.1.judges", "gate")], {"nodes.1.judges": "wrong_node"}),
    ([at("nodes.1.on_fail", "gate")], {"nodes.1.on_fail": "wrong_node"}),
    ([at("nodes.2.shows", "publish")], {"nodes.2.shows": "wrong_node"}),
    ([at("nodes.2.on_changes", "check")], {"nodes.2.on_changes": "wrong_node"}),
    ([at("nodes.2.releases", ["publish", "send", "nothing", "draft", "send"])],
     {"nodes.2.releases.2": "unresolved", "nodes.2.releases.3": "wrong_node", "nodes.2.releases.4": "duplicate_id"}),
    ([at("nodes.1.model", None)], {"nodes.1.model": "required"}),
    ([at("nodes.1.model", None), at("nodes.1.prompt", None), at("nodes.1.checks", [])],
     {"nodes.1": "nothing_to_judge_by"}),
    ([at("nodes.1.prompt", None)], {"nodes.1.prompt": "required"}),
    ([at("nodes.1.checks", [{"id": "a", "type": "links"}, {"id": "a", "type": "links"}])],
     {"nodes.1.checks.0.id": "duplicate_id", "nodes.1.checks.1.id": "duplicate_id"}),
    # paths
    ([add(id="lost", type="worker", model="writer", prompt="")], {"nodes.5": "unreachable"}),
    ([at("nodes.4.next", "publish")], {"nodes.4.next": "endless_cycle", "nodes.3": "repeats_without_gate",
                                       "nodes.4": "repeats_without_gate"}),
    ([at("nodes.0.next", "draft")],
     {"nodes.0.next": "endless_cycle", **{f"nodes.{place}": "unreachable" for place in (1, 2, 3, 4)},
      }),
    ([at("nodes.1.next", "send")], {"nodes.4": "missing_gate", "nodes.2": "unreachable", "nodes.3": "unreachable",
                                    "nodes.4.arguments.body": "invalid_result"}),
    ([at("nodes.2.releases", ["publish"])],
     {"nodes.4": "missing_gate", "nodes.4.arguments.body": "invalid_result"}),
    ([at("nodes.2.next", "send"), at("nodes.4.next", None)],
     {"nodes.2.releases.0": "never_called", "nodes.3": "unreachable", "nodes.4.arguments.body": "invalid_result"}),
    ([at("nodes.4.next", "again"), add(id="again", type="supervisor", judges="draft", on_fail="redo",
                                       checks=[{"id": "l", "type": "links"}]),
      add(id="redo", type="worker", model="writer", prompt="", next="send")],
     {"nodes.4": "repeats_without_gate"}),
    ([at("start", "check")], {"nodes.1.judges": "not_on_every_path", "nodes.1.prompt": "not_on_every_path",
                              "nodes.2.shows": "not_on_every_path", "nodes.3.arguments.content": "not_on_every_path"}),
    # names
    ([at("nodes.0.prompt", "{{ input.txt }}{{ darft }}")], {"nodes.0.prompt": "unknown_name"}),
    ([at("nodes.0.prompt", "{{ input.mood }}")], {"nodes.0.prompt": "may_be_missing"}),
    ([at("nodes.0.prompt", "{% if input.mood is defined %}{{ input.mood }}{% endif %}{{ input.to }}")], {}),
    ([at("nodes.0.prompt", "{{ draft }}")], {"nodes.0.prompt": "not_on_every_path"}),
    ([at("nodes.0.prompt", "{{ check.summary }}")], {"nodes.0.prompt": "not_on_every_path"}),
    ([at("nodes.0.prompt", "{% if draft is defined %}{{ draft }}{% endif %}{{ feedback }}{{ revision }}")], {}),
    ([at("nodes.0.prompt", "{{ gate }}")], {"nodes.0.prompt": "unknown_name"}),
    ([at("nodes.0.prompt", "{% if %}")], {"nodes.0.prompt": "template_error"}),
    ([at("nodes.0.prompt", "{% macro a() %}{% endmacro %}")], {"nodes.0.prompt": "template_error"}),
    ([at("nodes.1.checks.0.max_words", "{{ input.words }}")], {"nodes.1.checks.0.max_words": "unknown_name"}),
    ([at("nodes.4.arguments.subject", "{{ publish.name }}")], {"nodes.4.arguments.subject": "not_on_every_path"}),
    ([at("nodes.4.arguments.body", {"$result": {"call": "send"}})], {"nodes.4.arguments.body": "invalid_result"}),
    ([at("nodes.4.arguments.body", {"$result": "publish"})], {"nodes.4.arguments.body": "invalid_result"}),
    ([at("nodes.3.arguments.content", {"$result": {"call": "send", "path": []}})],
     {"nodes.3.arguments.content": "invalid_result"}),
    # input
    ([at("input", {"type": "array"})], {"input.type": "not_an_object"}),
    ([at("input.properties.to.default", 7)], {"input.properties.to.default": "type"}),
    ([at("nodes.0.output", {"type": "objekt"})], {"nodes.0.output.type": "invalid_schema"}),
    # what the tenant has
    ([at("nodes.0.model", "gpt")], {"nodes.0.model": "unknown_model"}),
    ([at("nodes.1.model", "gpt")], {"nodes.1.model": "unknown_model"}),
    ([at("nodes.3.tool", "files.read")], {"nodes.3.tool": "unknown_tool"}),
    ([at("nodes.3.arguments", {"nam": "x"})], {"nodes.3.arguments.nam": "unknown_argument",
                                               "nodes.3.arguments.name": "required",
                                               "nodes.3.arguments.content": "required"}),
    ([at("nodes.3.arguments.name", 7)], {"nodes.3.arguments.name": "type"}),
    ([at("nodes.4.arguments.to", ["a@example.org", 3])], {"nodes.4.arguments.to.1": "type"}),
    # policies
    ([at("nodes.2.policy.stages.0.rules.0.role", "Legal")], {"nodes.2.policy.stages.0.rules.0.role": "unknown_role"}),
    ([at("nodes.2.policy.stages", [])], {"nodes.2.policy.stages": "empty"}),
    ([at("nodes.2.policy.stages.0.rules.0.count", 0)], {"nodes.2.policy.stages.0.rules.0.count": "out_of_range"}),
    ([at("nodes.2.policy.quorum", 2)], {"nodes.2.policy.quorum": "unknown_key"}),
    ([at("nodes.2.policy", ...)], {"nodes.2.policy": "required"}),
])
def test_each_fault_is_named_by_its_path(changes, faults):
    findings, _ = check(*changes)
    assert {fault["field"]: fault["code"] for fault in findings.faults} == faults
    assert all(fault["detail"].endswith((".", ")", "`", "}")) for fault in findings.faults), findings.faults


def test_all_faults_are_found_at_once_in_the_documents_order():
    findings, _ = check(
        at("limits", {"steps": 0}), at("nodes.0.model", "gpt"), at("nodes.0.prompt", "{{ nope }}"),
        at("nodes.1.next", "send"), at("nodes.2.policy.stages.0.rules.0.role", "Legal"), at("nodes.3.tool", "x"),
        at("nodes.4.colour", "red"))
    assert [fault["field"] for fault in findings.faults] == [
        "limits.steps", "nodes.0.model", "nodes.0.prompt", "nodes.2", "nodes.2.policy.stages.0.rules.0.role", "nodes.3",
        "nodes.3.tool", "nodes.4", "nodes.4.arguments.body", "nodes.4.colour"]


def test_a_missing_gate_names_the_node_and_the_path():
    findings, _ = check(at("nodes.1.next", "send"))
    [fault] = [fault for fault in findings.faults if fault["code"] == "missing_gate"]
    assert fault["detail"].startswith("`send` acts (email.send), and no approval releases it on draft → check → send.")


def test_asking_for_changes_at_a_gate_is_not_passing_it():
    """A way round: the gate sends back to a worker from which the tool can be reached without it."""
    findings, _ = check(at("nodes.2.on_changes", "redo"),
                        add(id="redo", type="worker", model="writer", prompt="", next="send"))
    [fault] = [fault for fault in findings.faults if fault["code"] == "missing_gate"]
    assert "draft → check → gate → redo → send" in fault["detail"]


def test_a_tool_that_only_reads_needs_no_gate_and_an_unknown_one_does():
    search = add(id="look", type="tool", tool="web.search", arguments={"query": "{{ input.text }}"}, next="draft")
    use = at("nodes.0.prompt", "{{ look }}")
    assert check(search, use, at("start", "look"))[0].faults == []
    unknown, _ = check(search, use, at("start", "look"), at("nodes.5.tool", "web.find"))
    codes = {fault["code"] for fault in unknown.faults}
    assert codes == {"unknown_tool", "missing_gate"}


def test_warnings_do_not_stop_anything():
    findings, pins = check(at("nodes.1.model", "writer"), at("nodes.2.policy.stages.0.rules.0.count", 2))
    assert pins is not None
    assert [(warning["field"], warning["code"]) for warning in findings.warnings] == [
        ("nodes.1.model", "same_model"), ("nodes.2.policy", "nobody_can_decide")]


def test_sizes_have_limits_that_are_named():
    findings, _ = check(at("nodes", [{"id": f"n{n}"} for n in range(10_000)]))
    assert [(fault["field"], fault["detail"]) for fault in findings.faults] == [
        ("nodes", "A spec may have 200 nodes at most; this one has 10,000.")]
    findings, _ = check(at("nodes.0.prompt", "x" * 5_000_000))
    assert [(fault["field"], fault["detail"]) for fault in findings.faults] == [
        ("nodes.0.prompt", "This may have 100,000 characters at most.")]


@pytest.mark.parametrize("document", [
    {}, {"nodes": 7}, {"name": "x", "start": "a", "nodes": []}, {"name": "x", "start": "a", "nodes": [7, None, [], {}]},
    {"name": None, "start": {}, "nodes": [{"id": {}, "type": []}]}, {"nodes": [{"type": "supervisor", "checks": [3]}]},
    {"name": "x", "start": "a", "nodes": [{"type": "approval", "policy": {"stages": [{"rules": [3]}]}}]},
    {"name": "x", "start": "a", "input": 3, "limits": 4, "nodes": [{"id": "a", "type": "tool", "tool": "t"}]},
])
def test_nonsense_is_answered_with_faults(document):
    findings, pins = validate(document, catalogue=CATALOGUE, resolve=resolve)
    assert findings.faults
    assert pins is None


@pytest.mark.parametrize("id", sorted(gallery()))
def test_what_the_gallery_holds_can_be_published(id):
    findings, pins = validate(gallery()[id].spec, catalogue=CATALOGUE, resolve=resolve)
    assert (findings.faults, findings.warnings) == ([], [])
    assert pins is not None


def test_the_published_schema_describes_every_node_and_what_the_gallery_holds():
    from jsonschema import Draft202012Validator

    schema = spec_schema()
    Draft202012Validator.check_schema(schema)
    for entry in gallery().values():
        assert list(Draft202012Validator(schema).iter_errors(entry.spec)) == []
        assert Spec.model_validate(entry.spec).start in {node["id"] for node in entry.spec["nodes"]}
    assert {"Worker", "Supervisor", "Approval", "Tool", "Policy"} <= set(schema["$defs"])
