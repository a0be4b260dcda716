"""The number an expression comes to, as far as the file tells, with where it stands."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast
from poollint.reading.naming.values.environment import variable

MAX_DEPTH = 20
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
# How many the machine has is not known, but there is one: Python's own documentation, `os`.
_CORES = frozenset({"multiprocessing.cpu_count", "os.cpu_count", "os.process_cpu_count"})
# Variables of the environment that are known to be set, None for one of an unknown number.
Given = Mapping[str, int | None]
_NOTHING: Given = MappingProxyType({})
_LIMIT = 10**12
_WHOLE = re.compile(r"\s*[-+]?\d{1,12}\s*", re.A)


class Number(NamedTuple):
    """A number or an interval, and where it is written.

    `variable` is the environment variable it is read from; the number is then what the code
    falls back to. `low` is None where nothing is known.
    """

    low: int | None
    high: int | None
    basis: Basis
    span: Span
    variable: str = ""

    def figure(self, name: str, hint: str) -> Figure | None:
        """Return it as a figure, None where nothing is known."""
        if self.low is None:
            return None
        return Figure(self.low, self.high, name, self.basis, self.span, hint)


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
        return fallback._replace(variable=read.name)
    match node:
        case ast.Constant(value=value):
            return _constant(value, where(node)) or unknown
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            found = inner(operand)
            if found.low is None or found.high is None:
                return unknown
            return found._replace(low=-found.high, high=-found.low)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[value]):
            return inner(value)
        case ast.Call(func=ast.Name(id="min"), args=[_, _, *_] as parts, keywords=[]):
            return _least([inner(part) for part in parts], where(node))
        case ast.Call(func=ast.Name(id="max"), args=[_, _, *_] as parts, keywords=[]):
            return _most([inner(part) for part in parts], where(node))
        case ast.Call(func=func, args=[]) if names.qualified(of_ast(func), scope) in _CORES:
            return Number(1, None, Basis.UNKNOWN, where(node))
        case ast.BoolOp(op=ast.Or(), values=[ast.Call() as first, *_]):  # `os.cpu_count() or 1`
            found = inner(first)
            return found if found.low and found.high is None else unknown
        case ast.IfExp(body=body, orelse=orelse):
            return _either(inner(body), inner(orelse), where(node))
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(inner(left), inner(right), op, where(node))
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
    whole = -int(-value // 1)
    return Number(whole, whole, Basis.STATED, span)


def _least(numbers: list[Number], span: Span) -> Number:
    """Return the least of several: of those that are not known it may be any from 1 on."""
    highs = [n.high for n in numbers if n.high is not None and not n.variable]
    lows = [n.low for n in numbers if n.low is not None and not n.variable]
    if not highs or min(highs) < 1:
        return Number(None, None, Basis.UNKNOWN, span)
    low = min(lows) if len(lows) == len(numbers) else 1
    return Number(min(low, min(highs)), min(highs), Basis.DERIVED, span)


def _most(numbers: list[Number], span: Span) -> Number:
    """Return the greatest of several: it is no less than any that is known."""
    lows = [n.low for n in numbers if n.low is not None and not n.variable]
    highs = [n.high for n in numbers if n.high is not None and not n.variable]
    if not lows:
        return Number(None, None, Basis.UNKNOWN, span)
    high = max(highs) if len(highs) == len(numbers) else None
    return Number(max(lows), high, Basis.UNKNOWN if high is None else Basis.DERIVED, span)


def _either(one: Number, other: Number, span: Span) -> Number:
    if one.low is None or other.low is None or one.high is None or other.high is None:
        return Number(None, None, Basis.UNKNOWN, span)
    return Number(min(one.low, other.low), max(one.high, other.high), Basis.STATED, span)


def _combined(left: Number, right: Number, op: ast.operator, span: Span) -> Number:
    apply = _OPERATORS.get(type(op))
    exact = left.low == left.high and right.low == right.high
    if apply is None or left.low is None or right.low is None:
        return Number(None, None, Basis.UNKNOWN, span, left.variable or right.variable)
    if not exact:
        grows = isinstance(op, ast.Add | ast.Mult) and left.low >= 0 and right.low >= 0
        open_ended = grows and (left.high is None or right.high is None)
        low = apply(left.low, right.low) if open_ended else None
        return Number(low, None, Basis.UNKNOWN, span, left.variable or right.variable)
    value = apply(left.low, right.low)
    return Number(value, value, Basis.DERIVED, span, left.variable or right.variable)


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
