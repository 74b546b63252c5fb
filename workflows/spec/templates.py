"""Jinja in specs: prompts and tool arguments. Sandboxed, strict about names, bounded in size and time.

A string that is exactly one expression, such as `{{ input.recipients }}`, keeps its value's type.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.environment import Template
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from jinja2.tests import TESTS as STOCK_TESTS
from jinja2.utils import consume
from jinja2.visitor import NodeTransformer

from workflows.errors import TemplateFailed
from workflows.spec.language import (
    FILTERS,
    LARGEST,
    TESTS,
    LanguageFault,
    joined,
    only_expression,
    plain,
    refuse_foreign,
    text,
)

LOOP_STEPS = 100_000
SECONDS = 3.0
RANGE = 10_000
LARGEST_NUMBER = 2**53  # what JSON holds exactly

_FAILURES = (TemplateError, ArithmeticError, AttributeError, TypeError, ValueError, LookupError, RecursionError,
             MemoryError)


class _Budget:
    def __init__(self) -> None:
        self.deadline = time.monotonic() + SECONDS
        self.steps = LOOP_STEPS

    def spend(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise SecurityError(f"it loops more than {LOOP_STEPS:,} times")
        self.check_time()

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise SecurityError(f"it takes longer than {SECONDS:g} seconds")


_budget: ContextVar[_Budget] = ContextVar("template_budget")


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _budget.get().spend()
        yield item


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > RANGE:
        raise SecurityError(f"a range may have {RANGE:,} numbers at most")
    return numbers


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, finalize=text, optimized=False,
                         keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True)
        self.filters = {**FILTERS, "counted": _counted, "joined": joined}
        self.tests = {name: STOCK_TESTS[name] for name in TESTS}
        self.globals = {"range": _range}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator in "*%" and not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"`{operator}` works on numbers only")
        value = super().call_binop(context, operator, left, right)
        if isinstance(value, str | list | tuple) and len(value) > LARGEST:
            raise SecurityError(f"a value may have {LARGEST:,} characters at most")
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise SecurityError("a number is too large")
        return value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A dictionary's keys come before its methods: `input.items` is what was handed in."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


ENVIRONMENT = _Environment()


class _Bounded(NodeTransformer):
    """Puts the budget's filters where loops and concatenations are."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        node = self.generic_visit(node)
        node.iter = _filtered(node.iter, "counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        node = self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "joined")


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def parsed(source: str) -> nodes.Template:
    """The template's tree, with nothing in it but what the language allows. Raises TemplateFailed."""
    try:
        return refuse_foreign(ENVIRONMENT.parse(source))
    except (TemplateError, LanguageFault, RecursionError) as error:
        raise TemplateFailed(_reason(error)) from error


@lru_cache(maxsize=256)
def _compiled(source: str) -> tuple[Template, bool]:
    """A template ready to run, and whether it is one expression whose value is wanted."""
    tree = parsed(source)
    expression = only_expression(tree, source)
    if expression is not None:
        tree = nodes.Template([nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)], lineno=1)
    try:
        return ENVIRONMENT.from_string(_Bounded().visit(tree).set_environment(ENVIRONMENT)), expression is not None
    except (TemplateError, RecursionError, SyntaxError, MemoryError) as error:
        raise TemplateFailed(_reason(error)) from error


def check_template(source: str) -> None:
    """Raises TemplateFailed when `source` could not even be compiled."""
    _compiled(source)


def render(source: str, names: Mapping[str, Any]) -> Any:
    """The text that `source` gives with these names, or the value of a single expression in JSON's types.

    Raises TemplateFailed: an unknown name, anything the sandbox forbids, more than 2 million characters or 3 seconds.
    """
    template, is_expression = _compiled(source)
    token = _budget.set(_Budget())
    try:
        context = template.new_context(dict(names))
        if is_expression:
            consume(template.root_render_func(context))
            return plain(context.vars["result"])
        return _within_budget(template.root_render_func(context))
    except _FAILURES as error:
        raise TemplateFailed(_reason(error)) from error
    finally:
        _budget.reset(token)


def render_value(value: Any, names: Mapping[str, Any]) -> Any:
    """`value` with every string in it rendered. A `{"$result": …}` reference stays as it is. Raises TemplateFailed."""
    if isinstance(value, str):
        return render(value, names)
    if isinstance(value, list):
        return [render_value(item, names) for item in value]
    if isinstance(value, dict) and set(value) != {"$result"}:
        return {key: render_value(item, names) for key, item in value.items()}
    return value


def _within_budget(chunks: Iterable[str]) -> str:
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise SecurityError(f"it gives more than {LARGEST:,} characters")
        _budget.get().check_time()
    return "".join(parts)


def _reason(error: BaseException) -> str:
    """In the reader's words: what and, where Jinja knows it, which line."""
    if isinstance(error, RecursionError | MemoryError):
        return "The template is nested too deeply."
    message = str(error).removesuffix(".")
    where = f" (line {error.lineno})" if isinstance(error, TemplateSyntaxError) else ""
    return f"The template failed: {message}{where}."
