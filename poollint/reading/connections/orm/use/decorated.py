"""Functions that the project's own decorators run within something that ends a transaction.

`@transactional`, whose wrapper runs the function within a block that commits: whatever the
function itself leaves open is ended when its caller goes on.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

ENDING = frozenset({"commit", "rollback", "close", "remove", "reset", "close_all_sessions"})
"""Methods, of sessions and registries, after which no transaction is open."""
_BLOCKS = frozenset({"begin", "transaction", "atomic"})


def ended_after(member: Member) -> bool:
    """Tell whether a decorator of the project may end the session after the function."""
    names, name = member
    for decorator in names.functions[name].decorator_list:
        plain = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = function(of_ast(plain), "", names)
        node = found.names.functions[found.name] if found else None
        if node and any(_ends(inner) for inner in walk(node)):
            return True
    return False


def _ends(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ENDING | _BLOCKS
