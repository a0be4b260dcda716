"""What a context manager of the project does to a session that it is lent, around its block.

`with run_log(session) as run:` may add a row when the block is left, and commit nothing: what the
block does, it does in the transaction that was open before.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.objects.managers import is_manager
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

if TYPE_CHECKING:
    from poollint.reading.connections.orm.use.course import Course

_ENDING = (Use.GIVES, Use.UNKNOWN)


def around(course: Course | None, after: Use) -> tuple[Use, Use] | None:
    """Return what a context manager does before and after its block; `after` is what it leaves.

    None where it may end the transaction, or hands the block what may.
    """
    if course is None or after in _ENDING or not is_manager(course.one.member):
        return None
    names, name = course.one.member
    yields = [n for n in own_nodes(names.functions[name]) if isinstance(n, ast.Yield)]
    if not yields or not all(_is_plain(n.value, course.one.member) for n in yields):
        return None
    before = max(course.until(n.lineno) for n in yields)
    return None if before in _ENDING else (before, after)


def _is_plain(value: ast.expr | None, where: Member, names_left: int = 1) -> bool:
    """Tell whether a value has nothing of a session: `None`, a literal of constants."""
    match value:
        case ast.Dict(keys=keys, values=given):
            return all(_is_plain(one, where, 0) for one in (*keys, *given))
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return all(_is_plain(one, where, 0) for one in elements)
        case ast.Name(id=name) if names_left:
            return _is_plain_name(name, where, where.names)
    return value is None or isinstance(value, ast.Constant)


def _is_plain_name(name: str, where: Member, names: Names) -> bool:
    bound = [b for b in names.bound(Name(name), where.name) if b.how != ":"]
    return bool(bound) and all(
        b.how == "=" and b.where == where.name and b.value is not None
        and _is_plain(b.value, where, 0)
        for b in bound
    )  # fmt: skip
