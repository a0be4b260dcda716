"""Attributes of rows that the session fetches when they are read: it forgets them at a commit.

`db.session.commit(); print(user.email)` begins a transaction again, for a commit expires what the
session has loaded unless it was made with `expire_on_commit=False` (SQLAlchemy 2.0, Session API,
`expire_on_commit`; measured with 2.1). An `AsyncSession` raises MissingGreenlet instead.

A row is what a query of one mapped class gives, or an object of one that was added and flushed or
committed before. Where one of the reads of an attribute is not known for one, none is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property

from poollint.reading.connections.orm.objects.keeping import Mark, View
from poollint.reading.connections.orm.use.calling import root
from poollint.reading.connections.orm.use.dominating import after, dominated, suites
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    lineage,
    project_class,
)
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

Chain = Callable[[ast.Call], Sequence[str] | None]
"""What tells the methods by which a call asks the session, `("query", "first")`; None of others."""

_WORD = "expire_on_commit"
_MAKING = ("sessionmaker", "SQLAlchemy(", "Session(", "scoped_session")  # what makes sessions
_ROW = frozenset("first one one_or_none get first_or_404 get_or_404 one_or_404".split())
_GETTING = frozenset({"get", "get_one", "get_or_404"})
_WIDENING = frozenset({"with_entities", "add_columns", "add_column", "add_entity", "values"})
_ROWS = frozenset({"all"})
_PICKED = frozenset({"scalar_one", "scalar_one_or_none", "first", "one", "one_or_none"})
_SAVING = frozenset({"commit", "flush", "refresh"})
_LOSING = frozenset({"delete", "expunge", "expunge_all", "make_transient", "expire_all"})
_CLOSING = frozenset({"close", "remove", "reset", "close_all"})
_COLUMNS = frozenset({"Column", "mapped_column", "relationship"})

Given = dict[str, list[tuple[ast.stmt, ast.expr | None]]]
"""The values that names of a function are given, each with its statement."""


def loads(of: Member, chain: Chain) -> frozenset[str]:
    """Return the attributes, "user.email", which a function has a session fetch by reading them.

    They are fetched where the session holds no connection; else it has been used already.
    """
    names, name = of
    if not _expires(names):  # asked first: it is the same for every function of a file
        return frozenset()
    rows = _Rows(names.functions[name], of, chain)
    return frozenset(text for text in rows.read() if rows.fetches(text))


def _expires(names: Names) -> bool:
    """Tell whether the sessions that a file reaches are known to forget rows at a commit."""
    outside = names.outside
    return not outside.reaches(_WORD) and any(outside.reaches(word) for word in _MAKING)


def methods(call: ast.Call, view: View, here: Member) -> tuple[str, ...] | None:
    """Return by what methods a call asks the session itself, None where it does not."""
    of = root(call, view, here)
    return of.chain if of.meant is Mark.ITSELF else None


def fetches(node: ast.Attribute, loads: frozenset[str]) -> bool:
    """Tell whether an attribute is one of `loads`."""
    return isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in loads


class _Rows:
    """The local names of one function that are rows of a session, and where they are read."""

    def __init__(self, node: FunctionDef, of: Member, chain: Chain) -> None:
        self._node = node
        self._of = of
        self._chain = chain
        self._own = own_nodes(node)
        self._given = _given(node, self._own)
        self._calls = [n for n in self._own if isinstance(n, ast.Call)]
        self._reads: dict[str, list[ast.Attribute]] = {}
        self._known: dict[str, tuple[Instance, list[ast.stmt]] | None] = {}
        self._suites = suites(node)

    def read(self) -> list[str]:
        """Return the attributes of local names that are only read, and not within functions."""
        own, spoilt = {id(n) for n in self._own}, set[str]()
        for inner in walk(self._node):
            match inner:
                case ast.Attribute(value=ast.Name(id=name), attr=attr):
                    text = f"{name}.{attr}"
                    if isinstance(inner.ctx, ast.Load) and id(inner) in own:
                        self._reads.setdefault(text, []).append(inner)
                    else:
                        spoilt.add(text)
        return [text for text in self._reads if text not in spoilt]

    def fetches(self, text: str) -> bool:
        """Tell whether every read of an attribute is one of a row, for all that is known."""
        name, _, attr = text.partition(".")
        if name not in self._known:
            self._known[name] = self._row(name)
        known = self._known[name]
        if known is None or not _mapped(known[0], attr):
            return False
        return all(self._is_kept(name, read, known[1]) for read in self._reads[text])

    def _row(self, name: str) -> tuple[Instance, list[ast.stmt]] | None:
        """Return the class of the rows a name is, and where it is one that is only made there."""
        found: set[Instance] = set()
        made: list[ast.stmt] = []
        for statement, value in self._given.get(name, ()):
            if is_none(value):
                continue
            of = self._queried(value, isinstance(statement, ast.For))
            if of is None and isinstance(value, ast.Call):
                of = project_class(of_ast(value.func), self._of.name, self._of.names)
                made.append(statement)
            if of is None:
                return None
            found.add(of)
        return (found.pop(), made) if len(found) == 1 and not self._is_lost(name) else None

    def _is_lost(self, name: str) -> bool:
        return any(
            _last(call) in _LOSING
            and (not call.args or any(_is_name(arg, name) for arg in call.args))
            for call in self._calls
        )

    def _queried(self, value: ast.expr | None, rows: bool) -> Instance | None:
        """Return the class of what a query gives, or of each of its rows; None of anything else."""
        if rows and isinstance(value, ast.Name):
            told = self._given.get(value.id, ())
            value = told[0][1] if len(told) == 1 else None
        if not isinstance(value, ast.Call):
            return None
        chain = list(self._chain(value) or ())
        of: ast.expr | None = None
        match chain:
            case [one] if one in _GETTING and not rows:
                of = _first(value, one)
            case ["query", *between, last] if last in (_ROWS if rows else _ROW):
                if _WIDENING.intersection(between):
                    return None
                of = _first(value, "query") or _class_of_query(value)
            case ["scalar"] if not rows:
                of = _selected(_first(value, "scalar"))
            case ["scalars", last] if last in (_ROWS if rows else _PICKED):
                of = _selected(_first(value, "scalars"))
            case ["scalars"] if rows:
                of = _selected(_first(value, "scalars"))
            case ["execute", "scalar_one" | "scalar_one_or_none"] if not rows:
                of = _selected(_first(value, "execute"))
            case ["execute", "scalars", last] if last in (_ROWS if rows else _PICKED):
                of = _selected(_first(value, "execute"))
        return project_class(of_ast(of), self._of.name, self._of.names) if of else None

    def _is_kept(self, name: str, read: ast.Attribute, made: Sequence[ast.stmt]) -> bool:
        """Tell whether a name certainly is a row of the session where it is read."""
        if any(at.lineno < read.lineno or self._suites.repeats(at) for at in self._closed):
            return False
        return all(read.lineno < one.lineno or self._saved(name, one, read) for one in made)

    @cached_property
    def _closed(self) -> list[ast.expr]:
        """What may close the session: its own `close`, and functions that close what they have."""
        asked = [n for n in self._own if isinstance(n, ast.Attribute) and n.attr in _CLOSING]
        own = [n for n in asked if self._chain(ast.Call(n, [], [])) is not None]
        names, scope = self._of.names, self._of.name
        told = ((call, function(of_ast(call.func), scope, names)) for call in self._calls)
        return [*own, *(call for call, member in told if member is not None and _closes(member))]

    def _saved(self, name: str, made: ast.stmt, read: ast.Attribute) -> bool:
        """Tell whether what is made at a statement is added and saved before it is read."""
        added = False
        for further in after(made, self._suites):
            call = further.value if isinstance(further, ast.Expr) else None
            if not isinstance(call, ast.Call) or self._chain(call) is None:
                continue
            if _last(call) == "add" and any(_is_name(arg, name) for arg in call.args):
                added = True
            elif added and _last(call) in _SAVING:
                # Where it is made on one branch only, what follows the branches has it saved.
                ways = (further, *self._suites.branches(further))
                return any(dominated(read, way, self._suites) for way in ways)
        return False


def _closes(member: Member) -> bool:
    """Tell whether a function closes something that it was given, or that its object has."""
    node = member.names.functions[member.name]
    given = {argument.arg for argument in parameters(node.args)} | SELF
    return any(
        isinstance(n, ast.Attribute) and n.attr in _CLOSING and _root(n.value) in given
        for n in own_nodes(node)
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _given(node: FunctionDef, own: Sequence[ast.AST]) -> Given:
    """Return the statements that give names a value; None for one of which nothing is known."""
    found: Given = {}
    known: set[int] = set()
    for inner in own:
        match inner:
            case (
                ast.Assign(targets=[ast.Name() as target], value=value)
                | ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value)
            ):
                known.add(id(target))
                found.setdefault(target.id, []).append((inner, value))
            case ast.For(target=ast.Name() as target, iter=value):
                known.add(id(target))
                found.setdefault(target.id, []).append((inner, value))
    for inner in walk(node):
        if isinstance(inner, ast.arg):
            found.setdefault(inner.arg, []).append((node, None))
        elif (
            isinstance(inner, ast.Name)
            and not isinstance(inner.ctx, ast.Load)
            and id(inner) not in known
        ):
            found.setdefault(inner.id, []).append((node, None))
    return found


def _mapped(of: Instance, attr: str) -> bool:
    """Tell whether reading an attribute of a class's objects reads a column, or what they refer to.

    SQLModel's fields count where the class is a table.
    """
    for names, cls in lineage(of):
        if f"{cls}.{attr}" in names.functions:
            return False
        bound = names.attributes(cls, attr)
        if bound:
            return all(_maps(b.how, b.value, names.classes[cls]) for b in bound)
    return False


def _maps(how: str, value: ast.expr | None, cls: ast.ClassDef) -> bool:
    table = any(
        k.arg == "table" and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in cls.keywords
    )
    match value:
        case ast.Call(keywords=keywords) if how == "=":
            said = _last(value)
            lazy = said == "relationship" and any(k.arg == "lazy" for k in keywords)
            return not lazy and (said in _COLUMNS or (table and said == "Field"))
        case ast.Subscript(value=ast.Name(id="Mapped") | ast.Attribute(attr="Mapped")):
            return how == ":"
    return table and how == ":"


def _first(call: ast.Call, method: str) -> ast.expr | None:
    """Return the one thing that a method in a chain of calls is given first."""
    node: ast.expr = call
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call) and _last(node) == method:
            return (
                node.args[0] if len(node.args) == 1 or (node.args and method != "query") else None
            )
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _class_of_query(call: ast.Call) -> ast.expr | None:
    """Return `User` of `User.query.filter_by(…).first()`."""
    node: ast.expr = call
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == "query":
            return node.value
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _selected(statement: ast.expr | None) -> ast.expr | None:
    """Return `User` of `select(User).where(…)`, None where more or something else is selected."""
    node = statement
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call) and _last(node) == "select":
            return node.args[0] if len(node.args) == 1 else None
        if isinstance(node, ast.Call) and _last(node) in ("with_only_columns", "add_columns"):
            return None
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _last(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
