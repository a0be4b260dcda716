"""When an ORM session holds a connection: from its first statement until it gives it back.

Measured with SQLAlchemy 2.0 and 1.4: a new session, and one after `commit()`, `rollback()` or
`close()`, has none checked out; `execute` and its like check one out, `add` does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from enum import IntEnum

import libcst as cst

from poollint.reading.bindings import parameters
from poollint.reading.instances import Member, function
from poollint.reading.names import Names
from poollint.reading.shapes import Attribute, Called, Name, Shape, dotted, of_ast, of_cst
from poollint.reading.taking import Taken
from poollint.reading.walk import Place, places

_SENDING = frozenset(
    """execute scalar scalars get get_one exec flush refresh merge stream stream_scalars
    bulk_save_objects bulk_insert_mappings bulk_update_mappings""".split()
)
_FETCHING = frozenset(
    """all first one one_or_none scalar scalars scalar_one scalar_one_or_none count get update
    delete""".split()
)

_LEVELS = 4  # functions that lend it on to the next
_STATEMENTS = frozenset("execute executemany copy_expert copy_from copy_to copy stream run".split())
_ENDING = re.compile(r"\s*(?:commit|rollback|end|abort)\b", re.I)


class Use(IntEnum):
    """What a piece of code does to the connection of a session; the greatest prevails."""

    NOTHING = 0
    TAKES = 1
    GIVES = 2
    UNKNOWN = 3


class Session:
    """The uses of one session within one function."""

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        self.gives = frozenset(taken.api.released_by) | {"close", "commit", "rollback"}
        self._scope = scope
        self._names = names

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does while `held` names are the session."""
        mentions = (
            place
            for place in places(node, self._scope)
            if isinstance(place.node, cst.Name) and place.node.value in held
        )
        return max((self.mentioned(place) for place in mentions), default=Use.NOTHING)

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item ends the session's transaction: `session.begin()`."""
        shape = of_cst(item.item)
        match shape:
            case Called(callee=Attribute(of=Name(text=name), name="begin")):
                return name in held
        return False

    def mentioned(self, place: Place) -> Use:
        """Judge one mention of the session by what stands around it."""
        chain: list[str] = []
        node: cst.CSTNode = place.node
        for above in place.ancestors():
            up = above.node
            match up:
                case cst.FunctionDef() | cst.Lambda() | cst.ClassDef():
                    return Use.UNKNOWN
                case cst.Attribute(value=value) if value is node:
                    chain.append(up.attr.value)
                case cst.Attribute():
                    return Use.NOTHING  # the name of an attribute of something else
                case cst.Call(func=func) if func is node and chain:
                    pass
                case cst.Arg(keyword=keyword) if keyword is node:
                    return Use.NOTHING
                case cst.Arg() if not chain:
                    return self._lent(above, up)
                case _:
                    break
            node = up
        return self.chained(chain)

    def chained(self, chain: list[str]) -> Use:
        """Judge `session.a().b()` by its methods."""
        first = chain[0] if chain else ""
        if first in self.gives:
            return Use.GIVES
        if first == "run_sync":
            return Use.UNKNOWN
        sends = first in _SENDING or (first == "query" and bool(_FETCHING & set(chain[1:])))
        return Use.TAKES if sends else Use.NOTHING

    def _lent(self, place: Place, argument: cst.Arg) -> Use:
        call = place.above.node if place.above else None
        if not isinstance(call, cst.Call):
            return Use.UNKNOWN
        shape = of_cst(call.func)
        if self._names.api(shape, self._scope) is not None:
            return Use.TAKES
        member = function(shape, self._scope, self._names)
        if member is None:
            return Use.UNKNOWN
        at = call.args.index(argument)
        keyword = argument.keyword.value if argument.keyword is not None else ""
        return self._body(member, at, keyword, _LEVELS)

    def _body(self, member: Member, at: int, keyword: str, levels: int) -> Use:
        """Judge a function of the project that is lent the session as its argument `at`."""
        arguments = member.names.functions[member.name].args
        plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
        if keyword:
            named = {a.arg for a in parameters(arguments)}
            known = keyword in named
        else:
            known = at < len(plain)
        if not known or not levels:
            return Use.UNKNOWN
        return max(self._bodies(member, keyword or plain[at], levels), default=Use.NOTHING)

    def _bodies(self, member: Member, parameter: str, levels: int) -> Iterable[Use]:
        node = member.names.functions[member.name]
        judged: set[int] = set()
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Call):
                continue
            chain, name = _chained(of_ast(inner))
            if name == parameter and chain:
                use = self.chained(chain)
                yield Use.UNKNOWN if use is Use.GIVES else use
                judged.add(id(_root(inner)))
            for at, keyword, value in _arguments(inner):
                if isinstance(value, ast.Name) and value.id == parameter:
                    judged.add(id(value))
                    yield self._further(member, inner, (at, keyword), levels)
        for inner in ast.walk(node):
            elsewhere = isinstance(inner, ast.Name) and inner.id == parameter
            if elsewhere and id(inner) not in judged:
                yield Use.UNKNOWN
            if isinstance(inner, ast.withitem):  # leaving `with session.begin():` commits
                chain, name = _chained(of_ast(inner.context_expr))
                if name == parameter and chain == ["begin"]:
                    yield Use.UNKNOWN

    def _further(
        self, member: Member, call: ast.Call, argument: tuple[int, str], levels: int
    ) -> Use:
        """Judge a call with which a function lends the session on."""
        names, scope = member
        shape = of_ast(call.func)
        if names.api(shape, scope) is not None:
            return Use.TAKES
        further = function(shape, scope, names)
        return self._body(further, *argument, levels - 1) if further else Use.UNKNOWN


def _arguments(call: ast.Call) -> Iterable[tuple[int, str, ast.expr]]:
    yield from ((at, "", value) for at, value in enumerate(call.args))
    yield from ((-1, k.arg or "*", k.value) for k in call.keywords)


class Transaction(Session):
    """The transaction on a connection whose driver begins one with the first statement.

    `cursors` are the names of the function that hold cursors of the connection.
    """

    def __init__(self, taken: Taken, scope: str, names: Names, cursors: frozenset[str]) -> None:
        super().__init__(taken, scope, names)
        self._cursors = cursors

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the transaction."""
        return super().used(node, held | self._cursors)

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item may end it: `conn`, `conn.transaction()`."""
        shape = of_cst(item.item)
        if isinstance(shape, Name):
            return shape.text in held
        return isinstance(shape, Called) and dotted(shape.callee).endswith(".transaction")

    def mentioned(self, place: Place) -> Use:
        """Judge one mention of the connection or a cursor; statements that end it are ends."""
        above = [a.node for a in place.ancestors()][:2]
        match above:
            case [cst.Attribute(), cst.Call(args=[cst.Arg(value=cst.SimpleString() as sql), *_])]:
                if _ENDING.match(sql.raw_value):
                    return Use.UNKNOWN
        return super().mentioned(place)

    def chained(self, chain: list[str]) -> Use:
        """Judge `conn.a().b()` by its methods; closing a cursor ends nothing."""
        if _STATEMENTS & set(chain):
            return Use.TAKES
        return Use.GIVES if chain and chain[0] in ("commit", "rollback", "reset") else Use.NOTHING


def _chained(shape: Shape) -> tuple[list[str], str]:
    """Return the methods of `name.a().b()` and the name, "" where it is none."""
    chain: list[str] = []
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Called):
            shape = shape.callee
        else:
            chain.insert(0, shape.name)
            shape = shape.of
    return chain, shape.text if isinstance(shape, Name) else ""


def _root(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node
