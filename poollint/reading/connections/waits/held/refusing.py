"""Functions that say by what they return that they have asked nothing: `return False` above.

`if not await changed(session, field): await told(…)`: where `changed` has its only `return False`
above its first statement, and ends with `return True`, nothing is held in that branch.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.orm.use.course import Course
from poollint.reading.naming.scopes.bodies import own_nodes


def refuses_first(course: Course) -> bool:
    """Tell whether a function gives nothing that is true only before it asks anything."""
    node = course.one.member.names.functions[course.one.member.name]
    given = [inner for inner in own_nodes(node) if isinstance(inner, ast.Return)]
    if course.first is None or not isinstance(node.body[-1], ast.Return):
        return False
    return all(_is_true(one.value) or one.lineno < course.first.lineno for one in given)


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and bool(value.value)
