"""Objects of the project that are made to work on a connection, and leave it to their maker.

`Orders(conn).sync(7)`: the object keeps the connection, and nothing in its class gives it back. As
long as whoever made it gives it back later, it is taken while the object works.
"""

from __future__ import annotations

import ast

from poollint.catalog.load import Api
from poollint.reading.naming.objects.instances import Instance, lineage, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast
from poollint.syntax.nodes import walk

_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})
_ENDING = frozenset({"close", "aclose", "release", "__exit__", "__aexit__", "__del__"})


def only_works_on(callee: Shape, scope: str, names: Names, api: Api) -> bool:
    """Tell whether calling a class makes an object that gives back nothing that `api` takes."""
    of = project_class(callee, scope, names)
    if of is None:
        return False
    ends = {*_ENDING, *api.released_by, *api.given_back_to}
    return all(_is_told(one) and not _mentions(one, ends) for one in lineage(of))


def _is_told(of: Instance) -> bool:
    """Tell whether all that a class inherits is in the project."""
    names, cls = of
    known = {one.cls for one in lineage(of)}
    plain = [b.value if isinstance(b, ast.Subscript) else b for b in names.classes[cls].bases]
    last = {dotted(of_ast(base)).rpartition(".")[2] for base in plain}
    return last <= {*_PLAIN_BASES, *(name.rpartition(".")[2] for name in known)}


def _mentions(of: Instance, ends: set[str]) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ends)
        or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in ends)
        for node in walk(of.names.classes[of.cls])
    )
