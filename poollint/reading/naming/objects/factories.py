"""What is made by a function that an annotation tells of: `make: Callable[[Session], Orders]`.

A class is given such a factory by its constructor, and makes objects with it: `self.make(session)`.
Which function it is need not be known: its annotation says of which class its objects are.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.objects import instances
from poollint.reading.naming.scopes.aliases import alias
from poollint.reading.naming.scopes.bindings import SELF, Binding
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.objects.instances import Instance
    from poollint.reading.naming.scopes.names import Names

_FACTORY = "Callable"


def made_by(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what calling a parameter, or `self.x` that keeps one, gives.

    None where no annotation says that it is called, or two of them differ.
    """
    match callee:
        case Name():
            told = list(names.bound(callee, scope))
        case Attribute(of=Name(text=text)) if text in SELF:
            told = [one for b in names.bound(callee, scope) for one in _given(b, names)]
        case _:
            return None
    if any(binding.how != ":" for binding in told):
        return None
    found = {_result(binding.value, binding.where, names) for binding in told}
    return found.pop() if len(found) == 1 else None


def _given(binding: Binding, names: Names) -> tuple[Binding, ...]:
    """Return what tells of an attribute: its annotation, or that of the parameter it keeps."""
    if binding.how == ":" or not isinstance(binding.value, ast.Name):
        return (binding,)
    return names.bound(Name(binding.value.id), binding.where) or (binding,)


def _result(annotation: ast.expr | None, scope: str, names: Names) -> Instance | None:
    """Return the class that `Callable[[…], X]` gives, or a name that stands for it."""
    match annotation:
        case ast.BinOp(left=one, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _result(one, scope, names)
        case ast.Subscript(value=of, slice=ast.Tuple(elts=[_, given])) if _calls(of):
            return instances.project_class_of(given, scope, names)
        case ast.Name() | ast.Attribute():
            meant = alias(of_ast(annotation), scope, names)
            plain = meant is not None and isinstance(meant[0], ast.Subscript)
            return _result(meant[0], "", meant[1]) if meant is not None and plain else None
    return None


def _calls(of: ast.expr) -> bool:
    return dotted(of_ast(of)).rpartition(".")[2] == _FACTORY
