"""Methods that give an object of the very class they are called on, whichever inherits them.

`def of(cls, session): return cls(session)`: `OrderRepository.of(session)` is an `OrderRepository`
where the method stands in a class that this one inherits from; `def begin(self): return self`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.shapes import decorator_name, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.objects.instances import Member


def gives_its_own(member: Member) -> bool:
    """Tell whether a method gives an object of the class it is called on, or that object."""
    names, name = member
    node = names.functions[name]
    first = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][:1]
    given = names.results(name)
    if not first or not given or not member.bound:
        return False
    if dotted(of_ast(node.returns)).rpartition(".")[2] == "Self":
        return True
    if any(decorator_name(decorator) == "classmethod" for decorator in node.decorator_list):
        return all(isinstance(v, ast.Call) and _names(v.func, first[0]) for v in given)
    return all(_names(value, first[0]) for value in given)


def _names(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
