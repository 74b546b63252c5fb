import time

import pytest

from workflows.errors import TemplateFailed
from workflows.spec.names import uses
from workflows.spec.templates import render, render_value

NAMES = {
    "input": {"title": "News", "recipients": ["a@example.org", "b@example.org"], "items": [1, 2], "big": "x" * 400_000,
              "documents": [{"name": "a.md", "text": "One"}, {"name": "b.md", "text": "Two"}]},
    "feedback": [{"from": "person", "text": "Shorter"}], "revision": 2, "objections": [],
}


@pytest.mark.parametrize(("source", "value"), [
    ("{{ input.recipients }}", ["a@example.org", "b@example.org"]),
    ("  {{ revision + 1 }}\n", 3),
    ("{{ input.documents | length }}", 2),
    ("{{ input.documents | map(attribute='name') | list }}", ["a.md", "b.md"]),
    ("{{ input.documents | map(attribute='name') }}", ["a.md", "b.md"]),
    ("{{ {'n': revision, 'of': input.items} }}", {"n": 2, "of": [1, 2]}),
    ("{{ none }}", None),
    ("{{ input.title }} {{ revision }}", "News 2"),
    ("No. {{ revision }}", "No. 2"),
    ("{{ input.title ~ '!' ~ revision }}", "News!2"),
    ("to {{ input.recipients }}{{ none }}", 'to ["a@example.org", "b@example.org"]'),
    ("{% for d in input.documents %}{{ loop.index }}/{{ loop.length }} {{ d.name }};{% endfor %}",
     "1/2 a.md;2/2 b.md;"),
    ("{% if draft is defined %}{{ draft }}{% else %}none yet{% endif %}", "none yet"),
    ("{{ draft | default('-') }}", "-"),
    ("{% for key, value in input.documents[0].items() %}{{ key }}={{ value }} {% endfor %}", "name=a.md text=One "),
    ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
])
def test_one_expression_keeps_its_type_and_text_stays_text(source, value):
    assert render(source, NAMES) == value


def test_what_is_rendered_is_not_rendered_again():
    assert render("{{ input.title }}", {"input": {"title": "{{ revision }}"}}) == "{{ revision }}"


def test_values_are_rendered_all_the_way_down_and_references_are_left_alone():
    reference = {"$result": {"call": "publish", "path": ["{{ name }}"]}}
    rendered = render_value({"to": "{{ input.recipients }}", "deep": [{"n": "{{ revision }}"}, reference, 7]}, NAMES)
    assert rendered == {"to": ["a@example.org", "b@example.org"], "deep": [{"n": 2}, reference, 7]}


@pytest.mark.parametrize(("source", "reason"), [
    ("{{ nope }}", "'nope' is undefined"),
    ("{{ [nope] }}", "'nope' is undefined"),
    ("{{ input.titel }}", "no attribute 'titel'"),
    ("{{ a", "line 1"),
    ("{{ input.title | nofilter }}", "No filter named 'nofilter'"),
])
def test_unknown_names_and_bad_syntax_say_what_is_wrong(source, reason):
    with pytest.raises(TemplateFailed, match=reason):
        render(source, NAMES)


@pytest.mark.parametrize("source", [
    "{{ ''.__class__.__mro__ }}", "{{ ''['__class__'] }}", "{{ input.__class__ }}", "{{ render.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}", "{{ self._TemplateReference__context }}", "{{ ''|attr('__class__') }}",
    "{% include '/etc/passwd' %}", "{% import 'x' as x %}", "{% extends 'x' %}",
    "{{ '{0.__class__}'.format(1) }}", "{{ ('{0.__class__}'.format)(1) }}", "{{ ''.join(['a']) }}",
    "{{ input['get'](1) }}", "{{ [].append(1) }}",
])
def test_the_sandbox_holds(source):
    with pytest.raises(TemplateFailed):
        render(source, NAMES)


@pytest.mark.parametrize("source", [
    "{{ 'a' * 1000000000 }}", "{{ [1] * 1000000000 }}", "{{ 9 ** 9 ** 9 }}", "{{ '%0999999999d' % 1 }}",
    "{{ '{:9999999999}'.format(1) }}", "{{ 'a'.ljust(99999999) }}", "{{ 'a' | center(99999999) }}",
    "{{ range(1000000000) }}", "{{ 'a' | indent(width=99999999) }}", "{{ lipsum(n=100000) }}",
    "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
    "{% for i in range(10000) %}{{ input.big }}{% endfor %}",
    "{% for i in range(10000) %}{{ input.big | upper | title | lower | replace('x', 'y') | length }}{% endfor %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% set x %}{% for i in range(10000) %}{{ input.big }}{% endfor %}{% endset %}",
    "{{ input.big ~ input.big ~ input.big ~ input.big ~ input.big ~ input.big }}",
    "{{ input.big + input.big + input.big + input.big + input.big + input.big }}",
    "{{ [input.big, input.big, input.big, input.big, input.big, input.big] }}",
    "{{ [input.big, input.big] | join(input.big ~ input.big ~ input.big ~ input.big) }}",
    "{{ input.big | replace('x', input.big) }}", "{{ 1 | round(999999999, 'ceil') }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{{ " + "[" * 90 + "1" + "]" * 90 + " }}",
    "{{ 9007199254740991 * 9007199254740991 }}",
])
def test_bombs_are_refused_in_time(source):
    started = time.process_time()
    with pytest.raises(TemplateFailed):
        render(source, NAMES)
    assert time.process_time() - started < 6


@pytest.mark.parametrize(("source", "used"), [
    ("{{ input.title }} {{ draft }}", {"input.title", "draft"}),
    ("{% for d in input.documents if d.name %}{{ d.name }}{{ loop.index }}{% endfor %}{{ d }}",
     {"input.documents", "d"}),
    ("{% if draft is defined %}{{ draft }}{% endif %}", {"draft?"}),
    ("{% if draft is defined and draft.x %}{{ draft }}{% else %}{{ draft }}{% endif %}", {"draft?", "draft"}),
    ("{% if draft is not defined %}-{% else %}{{ draft }}{% endif %}", {"draft?"}),
    ("{% if not draft is defined or draft.x %}-{% endif %}", {"draft?"}),
    ("{% if x %}-{% elif y is defined %}{{ y }}{% endif %}", {"x", "y?"}),
    ("{{ a if a is defined else b }}", {"a?", "b"}),
    ("{{ input.a | default(c) }} {{ input['b'] }} {{ input.get('q') }}", {"input.a?", "c", "input.b", "input"}),
    ("{% for k, v in input.m.items() %}{{ k }}{{ v }}{% endfor %}{{ range(3) }}", {"input.m"}),
    ("{% for input in feedback %}{{ input.x }}{% endfor %}", {"feedback"}),
])
def test_names_that_a_template_uses_and_whether_it_asks_first(source, used):
    assert {f"{use}{'?' if use.guarded else ''}" for use in uses(source)} == used
