"""Engines that are built only where the environment names a database, with another's instead.

`if os.getenv("DATABASE_URL"):` an engine of that, `else:` one of SQLite: where nothing sets the
variable the second is built.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.naming.objects.origin import Origins
from poollint.reading.naming.objects.other_databases import url_of
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.naming.values.dsn import is_postgresql, scheme
from poollint.reading.naming.values.strings import Strings
from poollint.reading.paths.walk import Place, places
from poollint.syntax.newer import expression
from poollint.syntax.python import Unit

_INNER = ("FunctionDef", "ClassDef", "Lambda")


def built_instead(place: Place, unit: Unit, names: Names, variable: str) -> str:
    """Return the other database whose engine is built where `variable` is not set, else ""."""
    inner = place.node
    for above in place.ancestors() if variable else ():
        node = above.node
        if type(node).__name__ in _INNER:
            return ""
        if isinstance(node, cst.If) and inner is node.body and node.orelse is not None:
            test = expression(unit.code(node.test))
            read = test and Origins(unit, names).of_url(test, place.scope, unit.span(node.test))
            if read and read.variable == variable:
                return _other(node.orelse, place.scope, unit, names)
        inner = node
    return ""


def _other(branch: cst.CSTNode, scope: str, unit: Unit, names: Names) -> str:
    """Return the database, no PostgreSQL, of an engine that is built in a branch."""
    for call in (p.node for p in places(branch) if isinstance(p.node, cst.Call)):
        api = names.api(of_cst(call.func), scope)
        parsed = expression(unit.code(call)) if api and api.kind == "engine" else None
        given = url_of(parsed) if isinstance(parsed, ast.Call) else None
        text = Strings(names).of(given, scope, lambda: 0) if given is not None else ""
        if scheme(text) and not is_postgresql(text):
            return scheme(text)
    return ""
