"""The number an expression comes to, as far as the file tells, with where it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import reduce
from types import MappingProxyType

from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast
from poollint.reading.naming.values.arithmetic import Given, Number, combined, of_variable, words_of
from poollint.reading.naming.values.environment import variable

MAX_DEPTH = 20
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
}
# How many the machine has is not known, but there is one: Python's own documentation, `os`.
_CORES = frozenset({"multiprocessing.cpu_count", "os.cpu_count", "os.process_cpu_count"})
_NOTHING: Given = MappingProxyType({})
_LIMIT = 10**12
_WHOLE = re.compile(r"\s*[-+]?\d{1,12}\s*", re.A)


def number(
    node: ast.expr,
    scope: str,
    names: Names,
    where: Callable[[ast.expr], Span],
    in_file: Callable[[ast.expr], Span],
    depth: int = 0,
    given: Given = _NOTHING,
) -> Number:
    """Return the number that `node`, read in `scope`, comes to.

    Of what the machine decides only what is bounded on both sides counts. `where` gives the place
    of `node`, `in_file` that of an expression a name is bound to. A fraction counts as the next
    whole number. Variables that are `given` count as these, whatever the code falls back to.
    """
    found = _number(node, scope, names, where, in_file, depth, given)
    return found if found.high is not None else found._replace(low=None)


def at_least(
    node: ast.expr,
    scope: str,
    names: Names,
    where: Callable[[ast.expr], Span],
    given: Given = _NOTHING,
) -> int | None:
    """Return what an expression comes to at the least on any machine, None where it is not known.

    `where` gives the place of any expression of the file.
    """
    found = _number(node, scope, names, where, where, 0, given)
    return None if found.variable else found.low


def _number(
    node: ast.expr,
    scope: str,
    names: Names,
    where: Callable[[ast.expr], Span],
    in_file: Callable[[ast.expr], Span],
    depth: int,
    given: Given,
) -> Number:
    """Return a number, or an interval: without an end where the machine's cores count."""
    unknown = Number(None, None, Basis.UNKNOWN, where(node))
    if depth > MAX_DEPTH:
        return unknown

    def inner(part: ast.expr) -> Number:
        return _number(part, scope, names, where, in_file, depth + 1, given)

    told = _of_project(node, scope, names, in_file, depth, given)
    if told is not None:
        return told
    read = variable(node, scope, names)
    if read is not None and read.name in given:
        said = given[read.name]
        return unknown if said is None else Number(said, said, Basis.DERIVED, where(node))
    if read is not None:
        fallback = inner(read.default) if read.default is not None else unknown
        return of_variable(read.name, fallback)
    match node:
        case ast.Constant(value=value):
            return _constant(value, where(node)) or unknown
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            found = inner(operand)
            if words_of(found):
                return combined("-", _whole(0, where(node)), found, where(node))
            if found.low is None or found.high is None:
                return unknown
            return found._replace(low=-found.high, high=-found.low)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[value]):
            return inner(value)
        case ast.Call(func=ast.Name(id="min" | "max" as least), args=parts, keywords=[]):
            return _together(least, [inner(part) for part in parts], where(node)) or unknown
        case ast.Call(func=func, args=[]) if names.qualified(of_ast(func), scope) in _CORES:
            return Number(1, None, Basis.UNKNOWN, where(node))
        case ast.BoolOp(op=ast.Or(), values=[ast.Call() as first, *_]):  # `os.cpu_count() or 1`
            found = inner(first)
            return found if found.low and found.high is None else unknown
        case ast.IfExp(body=body, orelse=orelse):
            return combined("either", inner(body), inner(orelse), where(node))
        case ast.BinOp(left=left, op=op, right=right):
            whole = not (_is_fraction(left) or _is_fraction(right))
            sign = _SIGNS.get(type(op), "") if whole else ""
            return combined(sign, inner(left), inner(right), where(node))
        case ast.Name() | ast.Attribute():
            return _named(node, scope, names, in_file, depth, given) or unknown
    return unknown


def _constant(value: object, span: Span) -> Number | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value != value or abs(value) > _LIMIT:
        return None
    return _whole(-int(-value // 1), span)


def _whole(value: int, span: Span) -> Number:
    return Number(value, value, Basis.STATED, span)


def _together(sign: str, found: list[Number], span: Span) -> Number | None:
    """Return the least or the greatest of several, None where there are not several."""
    if len(found) < 2:
        return None
    return reduce(lambda one, other: combined(sign, one, other, span), found)


def _is_fraction(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, float)
        and not node.value.is_integer()
    )


def _named(
    node: ast.expr,
    scope: str,
    names: Names,
    in_file: Callable[[ast.expr], Span],
    depth: int,
    given: Given,
) -> Number | None:
    """Return the number of a name that has one value; a parameter has its caller's."""
    found = names.bound(of_ast(node), scope)
    functions = [names.functions.get(b.where) for b in found if b.how == ":"]
    parameter = isinstance(node, ast.Name) and any(
        f is not None and node.id in {a.arg for a in parameters(f.args)} for f in functions
    )
    if parameter:
        return None
    value = _only(found)
    return value and _number(value[0], value[1], names, in_file, in_file, depth + 1, given)


def _only(found: tuple[Binding, ...]) -> tuple[ast.expr, str] | None:
    """Return the one value that a name is given, and where it is read."""
    values = [binding for binding in found if binding.how != ":"]
    value = values[0].value if len(values) == 1 and values[0].how == "=" else None
    return None if value is None else (value, values[0].where)


def _of_project(
    node: ast.expr,
    scope: str,
    names: Names,
    in_file: Callable[[ast.expr], Span],
    depth: int,
    given: Given,
) -> Number | None:
    """Return the number of a constant of another file, or of a class: `config.Config.POOL_SIZE`.

    None for anything else: of an object of a class its variables tell first.
    """
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    shape = of_ast(node)
    if _is_of_class(shape, names):
        return _named(node, scope, names, in_file, depth, given)
    name = names.qualified(shape, scope)
    there = names.outside.find(name) if name else None
    file = names.outside.file(there[0].outside.path) if there else None
    if there is None or file is None:
        return None
    (other, tree), shape = file, there[1]
    value = _only(other.bound(shape, ""))
    if value is None or not (isinstance(shape, Name) or _is_of_class(shape, other)):
        return None
    return _number(value[0], value[1], other, tree.span, tree.span, depth + 1, given)


def _is_of_class(shape: Shape, names: Names) -> bool:
    """Tell whether an attribute is asked of a class of the file itself."""
    return (
        isinstance(shape, Attribute)
        and isinstance(shape.of, Name)
        and shape.of.text in names.classes
    )
