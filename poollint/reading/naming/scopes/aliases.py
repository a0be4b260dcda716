"""Names that stand for an annotation: `SessionDep = Annotated[Session, Depends(get_session)]`.

`ReadSession = NewType("ReadSession", Session)` and `type Dep = Session` give one too, and so does
what bounds a variable of types: `B = TypeVar("B", bound="Bot")`. Many files of a project take
their parameters' types from one that tells them once.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.shapes import Name, Shape, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_HOPS = 4  # aliases of aliases
_NEW_TYPES = frozenset({"typing.NewType", "typing_extensions.NewType"})
_ANNOTATION = (ast.Subscript, ast.BinOp, ast.Name, ast.Attribute)


def alias(
    shape: Shape, scope: str, names: Names, hops: int = _HOPS
) -> tuple[ast.expr, Names] | None:
    """Return the annotation that a name of the project stands for, and the names of its file.

    It is one where a module gives the name its value once, and that is an annotation; the scope
    it is read in is the module.
    """
    if not hops:
        return None
    holder = names.scope(scope).holder(shape.text) if isinstance(shape, Name) else None
    if isinstance(shape, Name) and holder is not None and not holder.name:
        told = [b for b in holder.bound[shape.text] if b.how != ":"]
        value = _of_new_type(told[0].value, names) if len(told) == 1 else None
        if value is not None and told[0].how == "=" and isinstance(value, _ANNOTATION):
            return alias(of_ast(value), "", names, hops - 1) or (value, names)
        bound = _bound(value)
        if bound is not None:
            return bound, names
    there = names.imported(shape, scope)
    return alias(there[1], "", there[0], hops - 1) if there else None


def _of_new_type(value: ast.expr | None, names: Names) -> ast.expr | None:
    """Return what `NewType("Name", base)` is at run time, another value as it is."""
    match value:
        case ast.Call(func=func, args=[ast.Constant(), base], keywords=[]):
            return base if names.qualified(of_ast(func), "") in _NEW_TYPES else value
    return value


def _bound(value: ast.expr | None) -> ast.expr | None:
    """Return what bounds a variable of types, None of anything else."""
    match value:
        case ast.Call(func=func, keywords=keywords):
            if dotted(of_ast(func)).rpartition(".")[2] == "TypeVar":
                return next((k.value for k in keywords if k.arg == "bound"), None)
    return None
