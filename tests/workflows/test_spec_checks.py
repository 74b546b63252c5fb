import pytest
from pydantic import TypeAdapter

from workflows.errors import TemplateFailed
from workflows.spec.checks import Check, run_checks

DRAFT = """# News

A short lead about two things.

## Alpha 1.0

- It is faster. ([alpha.md, line 3](source:alpha.md#L3))
- It is safer, see [the notes](https://example.org/notes).

## The beta

1. One thing [a b.md](source:a%20b%231.md#L9)
   - A nested one without any.

```
## Not a heading
- not an item
```
"""
NAMES = {"input": {"documents": [{"name": "alpha.md"}, {"name": "a b#1.md"}], "max_words": 10}}


def judge(draft=DRAFT, **check):
    parsed = TypeAdapter(Check).validate_python({"id": "c", **check})
    [result] = run_checks([parsed], draft, NAMES)
    assert result.id == "c"
    assert result.passed == (result.note == "")
    return result.note


@pytest.mark.parametrize(("check", "note"), [
    ({"type": "sections", "min": 2}, ""),
    ({"type": "sections", "min": 3}, "It has 2 `## ` sections; it needs at least 3."),
    ({"type": "sections", "min": "{{ input.documents | length + 1 }}"},
     "It has 2 `## ` sections; it needs at least 3."),
    ({"type": "sections", "names": ["alpha 1.0", "Beta"]}, ""),
    ({"type": "sections", "names": ["Alp", "gamma"]}, "No `## ` section is about “Alp”, “gamma”."),
    ({"type": "length", "min_words": 20, "max_words": 100}, ""),
    ({"type": "length", "max_words": "{{ input.max_words }}"}, "It has 39 words; it may have 10 at most."),
    ({"type": "length", "min_words": 100}, "It has 39 words; it needs at least 100."),
    ({"type": "links"}, "These list items hold no link: “A nested one without any.”."),
    ({"type": "links", "min": 5}, "It has 4 list items; it needs at least 5. "
                                  "These list items hold no link: “A nested one without any.”."),
    ({"type": "required", "phrases": ["short  LEAD", "alpha 1.0"]}, ""),
    ({"type": "required", "phrases": ["gamma", "lea"]}, "It does not say “gamma”, “lea”."),
    ({"type": "banned", "phrases": ["lea", "gamma"]}, ""),
    ({"type": "banned", "phrases": ["It is safer"]}, "It must not say “It is safer”."),
])
def test_each_check_says_what_to_change(check, note):
    assert judge(**check) == note


def test_links_can_be_held_to_the_documents_there_are():
    sources = "{{ input.documents | map(attribute='name') | list }}"
    assert judge("- [x](source:alpha.md#L3)\n- [y](source:a%20b%231.md)\n", type="links", sources=sources) == ""
    assert judge("- [x](https://example.org)\n- [y](source:other.md#L1)\n", type="links", sources=sources) == (
        "These list items hold no link to one of its sources: “[x](https://example.org)”; “[y](source:other.md#L1)”.")


def test_a_structured_draft_is_judged_as_its_text():
    assert judge({"body": "gamma"}, type="required", phrases=["gamma"]) == ""


@pytest.mark.parametrize("check", [
    {"type": "sections", "min": "{{ input.documents }}"}, {"type": "required", "phrases": "{{ input.max_words }}"},
    {"type": "length", "max_words": "{{ nope }}"},
])
def test_an_expression_must_give_what_its_check_needs(check):
    with pytest.raises(TemplateFailed):
        judge(**check)
