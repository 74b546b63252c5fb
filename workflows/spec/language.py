"""What of Jinja a spec may use: an allow-list of tree nodes, filters, tests and methods.

Left out is what multiplies text or work where no budget sees it (macros, block assignments, `**`, formatting, padding),
what reaches outside (imports, includes), and what differs from run to run (`random`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import Undefined, nodes
from jinja2 import filters as stock
from jinja2.sandbox import SecurityError

LARGEST = 2_000_000  # characters in a value, items in a list
DEEPEST = 64

NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const, nodes.List,
    nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call,
    nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos,
)
METHODS = frozenset({
    "items", "keys", "values", "get", "upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split",
    "splitlines", "startswith", "endswith", "removeprefix", "removesuffix", "count", "index",
    "cycle", "changed",  # of `loop`
})
TESTS = ("defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping",
         "sequence", "iterable", "odd", "even", "divisibleby", "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<",
         "le", "<=", "gt", "greaterthan", ">", "ge", ">=", "in")
_ON_TEXT = ("capitalize", "lower", "title", "trim", "truncate", "upper", "wordcount")
_ON_ITEMS = ("abs", "count", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length", "list",
             "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique")


class LanguageFault(Exception):
    """A construct that specs may not use."""


def refuse_foreign(tree: nodes.Template) -> nodes.Template:
    """The tree itself. Raises LanguageFault naming what is not part of the language, and its line."""
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, NODES):
            raise LanguageFault(f"`{type(node).__name__.lower()}` cannot be used here (line {node.lineno})")
        if isinstance(node, nodes.For) and node.recursive:
            raise LanguageFault(f"a loop may not be recursive (line {node.lineno})")
        if isinstance(node, nodes.Call) and not _may_be_called(node.node):
            raise LanguageFault(f"this cannot be called (line {node.lineno}); filters: {', '.join(sorted(FILTERS))}")
    return tree


def _may_be_called(node: nodes.Expr) -> bool:
    return (isinstance(node, nodes.Name) and node.name == "range") or (
        isinstance(node, nodes.Getattr) and node.attr in METHODS)


def only_expression(tree: nodes.Template, source: str) -> nodes.Expr | None:
    """The expression of a template that is `{{ … }}` and nothing else."""
    trimmed = source.strip()
    if not (trimmed.startswith("{{") and trimmed.endswith("}}")):
        return None
    parts = [part for output in tree.body for part in (output.nodes if isinstance(output, nodes.Output) else [output])
             if not (isinstance(part, nodes.TemplateData) and not part.data.strip())]
    return parts[0] if len(parts) == 1 and isinstance(parts[0], nodes.Expr) else None


def plain(value: Any) -> Any:
    """The value in JSON's types alone, its size bounded. Raises SecurityError, or UndefinedError for a missing name."""
    return _Plain().of(value)


class _Plain:
    def __init__(self) -> None:
        self.left = LARGEST

    def of(self, value: Any, depth: int = 0) -> Any:
        self.left -= len(value) if isinstance(value, str) else 1
        if self.left < 0:
            raise SecurityError(f"a value may have {LARGEST:,} characters and items at most")
        if depth > DEEPEST:
            raise SecurityError(f"a value may be nested {DEEPEST} deep at most")
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self.of(item, depth + 1) for key, item in value.items()}
        if isinstance(value, Undefined):
            str(value)  # raises, with the reason
        if isinstance(value, Iterable):
            return [self.of(item, depth + 1) for item in value]
        raise SecurityError(f"a {type(value).__name__} is not a value")


def text(value: Any) -> str:
    """How a value is written into text: lists and objects as JSON, nothing for null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(plain(value), ensure_ascii=False)


def joined(parts: Iterable[Any], separator: str = "") -> str:
    texts = []
    left = LARGEST
    for part in parts:
        texts.append(text(part))
        left -= len(texts[-1]) + len(separator)
        if left < 0:
            raise SecurityError(f"a value may have {LARGEST:,} characters at most")
    return separator.join(texts)


def _join(value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    items = value if attribute is None else [_attribute(item, attribute) for item in value]
    return joined(items, text(d))


def _attribute(item: Any, name: str) -> Any:
    if not isinstance(item, dict) or name not in item:
        raise SecurityError(f"an item has no {name!r}")
    return item[name]


def _replace(value: Any, old: Any, new: Any) -> str:
    value, old, new = text(value), text(old), text(new)
    if not old or len(value) + value.count(old) * len(new) > LARGEST:
        raise SecurityError(f"`replace` needs something to look for, and may give {LARGEST:,} characters at most")
    return value.replace(old, new)


def _round(value: float, precision: int = 0) -> float:
    return round(value, max(-10, min(precision, 10)))


def _tojson(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def _on_text(name: str) -> Callable[..., Any]:
    """A stock filter that would write any list out in full, kept to text."""
    original = stock.FILTERS[name]

    def kept(*arguments: Any, **options: Any) -> Any:
        passed = getattr(original, "jinja_pass_arg", None) is not None
        if isinstance(arguments[int(passed)], dict | list | tuple):
            raise SecurityError(f"`{name}` works on text")
        return original(*arguments, **options)

    if hasattr(original, "jinja_pass_arg"):
        kept.jinja_pass_arg = original.jinja_pass_arg  # type: ignore[attr-defined]
    return kept


FILTERS: dict[str, Callable[..., Any]] = {
    **{name: stock.FILTERS[name] for name in _ON_ITEMS}, **{name: _on_text(name) for name in _ON_TEXT},
    "join": _join, "replace": _replace, "round": _round, "string": text, "tojson": _tojson,
}
