"""What an expression of a template comes to, where variables of Ansible say so.

A small part of Jinja: a name, a number, `default(…)`, what makes a number or a text of it, and
sums and products of whole numbers. Everything else is not known.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from poollint.model.source import Span

_WHOLE = re.compile(r"\s*\{\{-?(?P<inner>(?:(?!\{\{|\}\}).)*?)-?\}\}\s*")
_FILTER = re.compile(r"\|(?![^(]*\))")
_DEFAULT = re.compile(r"(?:default|d)\(\s*(?P<value>[^,()]*)\s*(?:,[^()]*)?\)")
_PLAIN = frozenset(("int", "string", "trim", "quote"))
_DEPTH = 8
_SIGNS: Mapping[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


@dataclass(frozen=True, slots=True)
class Value:
    """A text, where it stands, and the variable that holds it; `text` None where not known.

    `level` is the precedence of the file that it stands in, `derived` tells of arithmetic.
    """

    text: str | None
    span: Span
    name: str = ""
    level: int = -1
    derived: bool = False


Lookup = Callable[[str], Value | None]


def value(text: str, span: Span, lookup: Lookup, depth: int = 0) -> Value:
    """Return what `text`, which stands at `span`, comes to; a text without `{{` is itself."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        return Value(None if "{{" in text or "{%" in text else text.strip(), span)
    return _filtered(match["inner"], span, lookup, depth)


def _filtered(inner: str, span: Span, lookup: Lookup, depth: int) -> Value:
    head, *filters = (part.strip() for part in _FILTER.split(inner))
    found = _evaluated(head, span, lookup, depth)
    for name in filters:
        default = _DEFAULT.fullmatch(name)
        if default and found is None:
            found = _evaluated(default["value"].strip(), span, lookup, depth)
        elif not default and name not in _PLAIN:
            return Value(None, span)
    return found or Value(None, span)


def _evaluated(text: str, span: Span, lookup: Lookup, depth: int) -> Value | None:
    """Return what a name, a number or a sum comes to; None for a name that nothing sets."""
    try:
        tree = ast.parse(text.strip("()"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Value(None, span)
    return _of(tree, span, lookup, depth)


def _of(tree: ast.expr, span: Span, lookup: Lookup, depth: int) -> Value | None:
    if depth > _DEPTH:
        return Value(None, span)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | str):
        return Value(str(tree.value), span)
    if isinstance(tree, ast.Name):
        found = lookup(tree.id)
        if found is None or found.text is None or "{{" not in found.text:
            return found
        inner = value(found.text, found.span, lookup, depth + 1)
        own = inner.name or tree.id
        return Value(inner.text, inner.span, own, max(found.level, inner.level), inner.derived)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _SIGNS:
        sides = [_of(side, span, lookup, depth + 1) for side in (tree.left, tree.right)]
        return _combined(tree.op, sides, span)
    return Value(None, span)


def _combined(sign: ast.operator, sides: list[Value | None], span: Span) -> Value:
    known = [side for side in sides if side and side.text and side.text.strip().isdecimal()]
    if len(known) < 2:
        return Value(None, span)
    one, other = (int((side.text or "0").strip()[:9]) for side in known)
    if isinstance(sign, ast.FloorDiv) and not other:
        return Value(None, span)
    first = next((side for side in known if side.name), known[0])
    total = str(_SIGNS[type(sign)](one, other))
    return Value(total, first.span, first.name, max(s.level for s in known), derived=True)
