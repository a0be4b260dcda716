"""When a session takes its connection for nothing but what was added to it.

`session.add(row)` asks nothing of the database, `session.commit()` then sends it: the session
takes a connection for that, and gives it back (measured with SQLAlchemy 2.0; see
`orm.use.asking`). A context manager of the project, and `Session.begin()`, may commit at the end
of their block.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from poollint.reading.connections.orm.use.asking import methods_of
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.objects.managers import handed_out
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

_ADDING = frozenset({"add", "add_all", "delete"})
_BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.ExceptHandler, ast.Lambda)

Calls = Iterable[tuple[ast.AST, Sequence[ast.AST]]]
"""The calls of a function, each with what stands around it, the nearest first."""


def saves(name: str, calls: Calls, commits: bool) -> ast.Call | None:
    """Return the call of a function that sends what it has added to a session of that name.

    The name may be that of an attribute: "self.session".
    `commits`: whoever the session is of commits when its block is left; the last that adds then.
    None where nothing is certain to be sent.
    """
    added: ast.Call | None = None
    sure = (
        call
        for call, around in calls
        if isinstance(call, ast.Call) and not any(isinstance(a, _BRANCHES) for a in around)
    )
    for call in sorted(sure, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0)):
        chain, of = methods_of(of_ast(call))
        *before, asked = [of, *chain]
        if not chain or ".".join(before) != name:
            continue
        if asked == "commit" and added is not None:
            return call
        added = call if asked in _ADDING else added
    return added if commits else None


def commits_at_the_end(manager: Member) -> bool:
    """Tell whether a context manager of the project commits what it yields, if all goes well."""
    names, name = manager
    given = {value.id for value in handed_out(manager) if isinstance(value, ast.Name)}
    handled = {
        id(inner)
        for node in own_nodes(names.functions[name])
        if isinstance(node, ast.ExceptHandler)
        for inner in walk(node)
    }
    for node in own_nodes(names.functions[name]):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="commit")):
                if of in given and id(node) not in handled:
                    return True
            case ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="begin"))):
                return True
    return False
