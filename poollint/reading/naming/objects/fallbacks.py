"""Which database the URL of an engine is for where the environment says nothing.

`os.getenv("DATABASE_URL", "mysql+pymysql://…")`, a field of settings with such a value, names and
properties that stand for them. Whoever runs the code may say another: it is a default.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from poollint.reading.naming.objects.instances import function, instance, is_property, lineage
from poollint.reading.naming.objects.other_databases import url_of
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast
from poollint.reading.naming.values.dsn import is_postgresql, scheme
from poollint.reading.naming.values.environment import variable
from poollint.reading.naming.values.strings import Strings, argument

_LEVELS = 8  # names that stand for names, calls around values
_AROUND = frozenset("str make_url sqlalchemy.make_url sqlalchemy.engine.make_url".split())


def falls_back_on(call: ast.Call, scope: str, names: Names) -> str:
    """Return the other database that a call which builds an engine falls back on: "sqlite".

    "" where nothing is fallen back on, where it is PostgreSQL, and where that cannot be told.
    """
    given = url_of(call)
    return _of(given, scope, names, _LEVELS) if given is not None else ""


def _of(node: ast.expr, scope: str, names: Names, levels: int) -> str:
    if not levels:
        return ""
    text = Strings(names).of(node, scope, lambda: 0)
    if scheme(text):
        return "" if is_postgresql(text) else scheme(text)
    match node:
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            return _of(last, scope, names, levels - 1)
        case ast.IfExp(body=body, orelse=orelse):
            return _agreed(_of(o, scope, names, levels - 1) for o in (body, orelse))
        case ast.Call():
            return _of_call(node, scope, names, levels)
        case ast.Attribute():
            return _of_field(node, scope, names, levels) or _of_name(node, scope, names, levels)
        case ast.Name():
            return _of_name(node, scope, names, levels)
    return ""


def _of_call(call: ast.Call, scope: str, names: Names, levels: int) -> str:
    """Judge `os.getenv("X", default)`, `Field(default=…)`, `str(url)`, `url.replace(…)`."""
    read = variable(call, scope, names)
    if read is not None and read.default is not None:
        return _of(read.default, scope, names, levels - 1)
    called = dotted(of_ast(call.func))
    if called.rpartition(".")[2] == "Field":
        value = argument(call, 0, "default")
    elif called in _AROUND or names.qualified(of_ast(call.func), scope) in _AROUND:
        value = argument(call, 0)
    elif isinstance(call.func, ast.Attribute) and (call.func.attr == "replace" or not call.args):
        value = call.func.value
    else:
        value = None
    return _of(value, scope, names, levels - 1) if value is not None else ""


def _of_field(node: ast.Attribute, scope: str, names: Names, levels: int) -> str:
    """Judge a field or a property of an object of the project's own settings."""
    member = function(of_ast(node), scope, names)
    if member is not None and is_property(member):
        given = member.names.results(member.name) or ()
        return _agreed(_of(v, member.name, member.names, levels - 1) for v in given)
    of = instance(of_ast(node.value), scope, names)
    for there, cls in lineage(of) if of is not None else ():
        found = _of_shape(Attribute(Name(cls), node.attr), "", there, levels)
        if found is not None:
            return found
    return ""


def _of_name(node: ast.Name | ast.Attribute, scope: str, names: Names, levels: int) -> str:
    there = names.imported(of_ast(node), scope)
    if there is not None:
        return _of_shape(there[1], "", there[0], levels) or ""
    return _of_shape(of_ast(node), scope, names, levels) or ""


def _of_shape(shape: Shape, scope: str, names: Names, levels: int) -> str | None:
    """Judge what a name is given, but for itself with another dialect; None where it is nothing."""
    bound = [b for b in names.bound(shape, scope) if b.how != ":"]
    if not bound:
        return None
    if any(b.how != "=" or b.value is None for b in bound):
        return ""
    kept = [b for b in bound if b.value is not None and not _is_edited(shape, b.value)]
    return _agreed(_of(b.value, b.where, names, levels - 1) for b in kept if b.value is not None)


def _is_edited(shape: Shape, value: ast.expr) -> bool:
    """Tell whether a value is what the name held before, another dialect put in."""
    match value:
        case ast.Call(func=ast.Attribute(value=of, attr="replace")):
            return of_ast(of) == shape
    return False


def _agreed(found: Iterable[str]) -> str:
    """Return the one answer that all give, "" where they differ or there is none."""
    told = set(found)
    return told.pop() if len(told) == 1 else ""
