"""Types that tests tell of parameters: `if isinstance(given, sessionmaker): self.make = given`.

Of a parameter that may be one or the other (`given: Session | sessionmaker`), the other way leads
to what is left.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.meaning import tests_at
from poollint.reading.naming.scopes.shapes import Either, of_annotation, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names


def narrowed(value: ast.expr | None, scope: str, names: Names) -> str:
    """Return the type of a parameter where it is read as `value`, "" where no test tells it."""
    node = names.functions.get(scope)
    if node is None or not isinstance(value, ast.Name):
        return ""
    bound = names.bound(of_ast(value), scope)
    if [b.how for b in bound] != [":"]:
        return ""
    others: set[str] = set()
    for test, truth in tests_at(value, node.body):
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, truth = test.operand, not truth
        match test:
            case ast.Call(
                func=ast.Name(id="isinstance"), args=[ast.Name(id=name), cls], keywords=[]
            ) if name == value.id:
                kind = names.of_class(of_ast(cls), scope)
                if truth:
                    return kind
                others.add(kind)
    shape = of_annotation(bound[0].value)
    if not others or not isinstance(shape, Either):
        return ""
    left = {names.of_class(option, scope) for option in shape.options} - others
    return left.pop() if len(left) == 1 else ""
