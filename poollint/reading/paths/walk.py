"""One walk over libcst nodes: fields by name, no visitors, no metadata.

A libcst node has many fields that hold only blanks and punctuation; which fields are worth
following is decided once for each class of nodes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import libcst as cst

from poollint.syntax.python import Unit

_PUNCTUATION = frozenset(
    {
        "asynchronous",
        "colon",
        "comma",
        "default_indent",
        "default_newline",
        "dot",
        "encoding",
        "equal",
        "first_colon",
        "footer",
        "has_trailing_newline",
        "header",
        "indent",
        "keyword",
        "lbrace",
        "lbracket",
        "leading_lines",
        "lines_after_decorators",
        "lpar",
        "newline",
        "operator",
        "rbrace",
        "rbracket",
        "rpar",
        "second_colon",
        "semicolon",
        "separator",
        "star",
        "trailing_comma",
    }
)
# By the names of their classes: asking `isinstance` is slow, and libcst may not be loaded yet.
_DEFINITIONS = frozenset({"FunctionDef", "ClassDef"})
_NO_NODES = frozenset({"str", "bool", "NoneType", "MaybeSentinel"})
_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {}


class Place(NamedTuple):
    """A node, the scope it stands in, and the place of the node it is part of.

    `scope` is the qualified name of the innermost function or class ("Repo.fetch",
    "outer.<locals>.inner", "Repo" for a statement of a class body, "" at import), as
    `naming.names` calls scopes. What a definition evaluates where it stands (decorators,
    defaults, bases) belongs to the scope around it.
    """

    node: cst.CSTNode
    scope: str
    above: Place | None

    def ancestors(self) -> Iterator[Place]:
        """Yield the places this one is part of, the innermost first."""
        place = self.above
        while place is not None:
            yield place
            place = place.above


@lru_cache(maxsize=1024)  # one function is looked through for many questions, one after another
def places(node: cst.CSTNode, scope: str = "") -> tuple[Place, ...]:
    """Return `node` and all below it: statements in the order of the text, parents first.

    `scope` is the qualified name of the class that encloses `node` (a unit's `name`), "" none.
    """
    found = []
    stack = [(Place(node, scope, None), False)]
    while stack:
        place, in_function = stack.pop()
        found.append(place)
        if type(place.node).__name__ in _DEFINITIONS:
            stack.extend(reversed(list(_within(place, in_function))))
            continue
        below = [(Place(n, place.scope, place), in_function) for _, n in children(place.node)]
        below.reverse()
        stack += below
    return tuple(found)


@lru_cache(maxsize=1)
def of_unit(unit: Unit) -> tuple[Place, ...]:
    """Return all places of a unit; several look through one before the next is read."""
    return tuple(place for statement in unit.statements for place in places(statement, unit.name))


def calls(node: cst.CSTNode, scope: str = "") -> Iterator[tuple[cst.Call, str]]:
    """Yield every call in `node`, with the qualified name of the scope it stands in."""
    for place in places(node, scope):
        if isinstance(place.node, cst.Call):
            yield place.node, place.scope


def children(node: cst.CSTNode) -> list[tuple[str, cst.CSTNode]]:
    """Return what `node` is made of, each with the name of its field, punctuation left out."""
    found: list[tuple[str, cst.CSTNode]] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        kind = type(value)
        if kind is list or kind is tuple:
            found += [(name, item) for item in value]
        elif kind.__name__ not in _NO_NODES:
            found.append((name, value))
    return found


def _within(place: Place, in_function: bool) -> Iterator[tuple[Place, bool]]:
    """Yield what a definition is made of: its body in its own scope, the rest in that around."""
    node, scope, _ = place
    assert isinstance(node, cst.FunctionDef | cst.ClassDef)
    inner = "<locals>." if in_function else ""
    name = f"{scope}.{inner}{node.name.value}" if scope else node.name.value
    for field, child in children(node):
        if field == "body":
            yield Place(child, name, place), isinstance(node, cst.FunctionDef)
        elif field != "name":
            yield Place(child, scope, place), in_function


def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    found = _FIELDS.get(kind)
    if found is None:
        names = [field.name for field in dataclasses.fields(kind)]
        names = [n for n in names if n not in _PUNCTUATION and "whitespace" not in n]
        if "decorators" in names:  # they stand before the body, which libcst lists first
            names.sort(key="body".__eq__)
        found = _FIELDS[kind] = tuple(names)
    return found


def last_line(suite: cst.CSTNode) -> cst.CSTNode:
    """Return the last simple statement of a block."""
    node = suite
    while not isinstance(node, cst.SimpleStatementLine):
        tail = getattr(node, "finalbody", None) or getattr(node, "orelse", None)
        body = tail or getattr(node, "body", None)
        if isinstance(body, cst.CSTNode):
            node = body
        elif body:
            node = body[-1]
        else:
            break
    return node
