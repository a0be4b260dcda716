"""Names that stand for an annotation: `SessionDep = Annotated[Session, Depends(get_session)]`.

Many files of a project take their parameters' types from one that tells them once.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.shapes import Name, Shape, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.names import Names

_HOPS = 4  # aliases of aliases
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
        if len(told) == 1 and told[0].how == "=" and isinstance(told[0].value, _ANNOTATION):
            further = alias(of_ast(told[0].value), "", names, hops - 1)
            return further or (told[0].value, names)
    there = names.imported(shape, scope)
    return alias(there[1], "", there[0], hops - 1) if there else None
