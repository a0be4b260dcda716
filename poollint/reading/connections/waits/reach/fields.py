"""What the fields of an object are that a call makes: `Change(items=found)` has no `note`.

Only of classes that keep what they are given as it is: data classes, and pydantic's models without
validators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import EllipsisType

from poollint.reading.naming.objects.instances import Instance, lineage, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import decorator_name, dotted, of_ast
from poollint.syntax.nodes import walk

Constant = str | bytes | bool | int | float | complex | EllipsisType | None

_MODELS = frozenset({"BaseModel"})
_OWN = frozenset({"__init__", "__new__", "__post_init__", "model_post_init", "__getattribute__"})


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of the project; `of` holds those of its fields whose values are constants."""

    of: tuple[tuple[str, Constant], ...]


def fields(call: ast.Call, scope: str, names: Names) -> Fields | None:
    """Return what is known of the object that `call` makes, None where it makes none."""
    made = project_class(of_ast(call.func), scope, names)
    if made is None or call.args or any(k.arg is None for k in call.keywords):
        return None
    classes = lineage(made)
    if not (all(_keeps(one) for one in classes) and any(_takes(one) for one in classes)):
        return None
    found: dict[str, ast.expr | None] = {}
    for one in reversed(classes):
        found |= dict(_defaults(one))
    found |= {k.arg: k.value for k in call.keywords if k.arg}
    told = {name: value.value for name, value in found.items() if isinstance(value, ast.Constant)}
    return Fields(tuple(sorted(told.items(), key=lambda field: field[0])))


def changes(function: ast.AST, name: str) -> bool:
    """Tell whether a function gives a field of what it calls `name` another value."""
    return any(
        isinstance(node, ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in walk(function)
    )


def _takes(one: Instance) -> bool:
    """Tell whether a class is made of keywords, each of which is a field."""
    node = one.names.classes[one.cls]
    bases = {dotted(of_ast(base)).rpartition(".")[2] for base in node.bases}
    return bool(bases & _MODELS) or "dataclass" in map(decorator_name, node.decorator_list)


def _keeps(one: Instance) -> bool:
    """Tell whether a class has nothing that may give a field another value than it is told."""
    for inner in one.names.classes[one.cls].body:
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            words = map(decorator_name, inner.decorator_list)
            if inner.name in _OWN or any(word.endswith("validator") for word in words):
                return False
    return True


def _defaults(one: Instance) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the fields that a class declares, with what they are unless they are told."""
    for inner in one.names.classes[one.cls].body:
        match inner:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                told = next((k.value for k in call.keywords if k.arg == "default"), None)
                aliased = any(k.arg and "alias" in k.arg for k in call.keywords)
                first = told or (call.args[0] if call.args else None)
                yield name, None if aliased else first
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                yield name, value
