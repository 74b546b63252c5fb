"""The kinds of events that the API names are those that the code records: clients are typed by them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from workflows.models import EventKind

SOURCES = Path(__file__).resolve().parents[2] / "workflows"
#: Which argument is the kind.
TAKES_KIND = {"Event": 0, "Ending": 1, ".tell": 0, ".begin": 0}


def recorded(tree: ast.AST) -> Iterator[str]:
    named = {target.id: node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
             for target in node.targets if isinstance(target, ast.Name)}
    for call in ast.walk(tree):
        called = getattr(call, "func", None)
        place = TAKES_KIND.get(f".{called.attr}" if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
        if place is None or len(call.args) <= place:
            continue
        kind = call.args[place]
        kind = named.get(kind.id, kind) if isinstance(kind, ast.Name) else kind  # else who calls that function names it
        yield from (each.value for each in ast.walk(kind) if isinstance(getattr(each, "value", None), str))


def test_each_kind_that_is_recorded_is_named_and_no_other():
    kinds = {kind for file in SOURCES.rglob("*.py") for kind in recorded(ast.parse(file.read_text()))}
    assert kinds == set(EventKind.values)
