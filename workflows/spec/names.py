"""Which names a template uses, and which of them it asks about first (`is defined`, `default`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from workflows.spec.language import METHODS
from workflows.spec.templates import parsed


@dataclass(frozen=True)
class Use:
    """`name`, and for `input.title` the `part` of the input. A guarded use does not fail without it."""

    name: str
    part: str | None = None
    guarded: bool = False

    def __str__(self) -> str:
        return f"{self.name}.{self.part}" if self.part else self.name


Reference = tuple[str, str | None]
_Set = frozenset


def uses(source: str) -> set[Use]:
    """Raises TemplateFailed."""
    return set(_walk(parsed(source), _Set(), _Set()))


def _walk(node: nodes.Node, guards: _Set[Reference], local: _Set[str]) -> Iterator[Use]:
    match node:
        case nodes.Test(name="defined" | "undefined") if reference := _reference(node.node, local):
            yield Use(*reference, guarded=True)
        case nodes.Filter(name="default" | "d") if node.node and (reference := _reference(node.node, local)):
            yield Use(*reference, guarded=True)
            for argument in node.args:
                yield from _walk(argument, guards, local)
        case nodes.If():
            yield from _if(node, guards, local)
        case nodes.CondExpr():
            yield from _walk(node.test, guards, local)
            yield from _walk(node.expr1, guards | _defined(node.test, local), local)
            if node.expr2:
                yield from _walk(node.expr2, guards | _defined(node.test, local, when=False), local)
        case nodes.And() | nodes.Or():
            yield from _walk(node.left, guards, local)
            yield from _walk(node.right, guards | _defined(node.left, local, when=isinstance(node, nodes.And)), local)
        case nodes.For():
            yield from _for(node, guards, local)
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="input"), attr=method)) if method in METHODS:
            yield Use("input")
            for argument in node.args:
                yield from _walk(argument, guards, local)
        case _ if reference := _reference(node, local):
            yield Use(*reference, guarded=reference in guards)
        case _:
            for child in node.iter_child_nodes():
                yield from _walk(child, guards, local)


def _if(node: nodes.If, guards: _Set[Reference], local: _Set[str]) -> Iterator[Use]:
    yield from _walk(node.test, guards, local)
    for child in node.body:
        yield from _walk(child, guards | _defined(node.test, local), local)
    for child in [*node.elif_, *node.else_]:
        yield from _walk(child, guards | _defined(node.test, local, when=False), local)


def _for(node: nodes.For, guards: _Set[Reference], local: _Set[str]) -> Iterator[Use]:
    yield from _walk(node.iter, guards, local)
    inner = local | {name.name for name in node.target.find_all(nodes.Name)} | {"loop"}
    if isinstance(node.target, nodes.Name):
        inner |= {node.target.name}
    for child in [*([node.test] if node.test else []), *node.body]:
        yield from _walk(child, guards, inner)
    for child in node.else_:
        yield from _walk(child, guards, local)


def _reference(node: nodes.Node, local: _Set[str]) -> Reference | None:
    match node:
        case nodes.Name(name=name, ctx="load") if name not in local:
            return None if name == "range" else (name, None)
        case nodes.Getattr(node=nodes.Name(name="input"), attr=part) if "input" not in local:
            return "input", part
        case nodes.Getitem(node=nodes.Name(name="input"), arg=nodes.Const(value=str(part))) if "input" not in local:
            return "input", part
    return None


def _defined(test: nodes.Expr, local: _Set[str], when: bool = True) -> _Set[Reference]:
    """What is certainly defined when `test` came out as `when`."""
    match test:
        case nodes.Test(name="defined" | "undefined" as name):
            reference = _reference(test.node, local)
            return _Set([reference]) if reference and (name == "defined") == when else _Set()
        case nodes.Not():
            return _defined(test.node, local, when=not when)
        case nodes.And() if when:
            return _defined(test.left, local) | _defined(test.right, local)
        case nodes.Or() if not when:
            return _defined(test.left, local, when=False) | _defined(test.right, local, when=False)
    return _Set()
