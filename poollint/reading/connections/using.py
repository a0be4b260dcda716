"""When an ORM session holds a connection: from its first statement until it gives it back.

Measured with SQLAlchemy 2.0 and 1.4: a new session, and one after `commit()`, `rollback()` or
`close()`, has none checked out; `execute` and its like check one out, `add` does not.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from enum import IntEnum

import libcst as cst

from poollint.reading.connections.keeping import Keeper, keeper, keepers, text_of
from poollint.reading.connections.presence import looked_for
from poollint.reading.connections.renewing import last_mention
from poollint.reading.connections.streaming import only_streamed
from poollint.reading.connections.taking import Taken
from poollint.reading.naming.bindings import parameters
from poollint.reading.naming.instances import Member, function, method
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Called, Name, Shape, of_ast, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.syntax.newer import expression

SENDING = frozenset(
    """execute scalar scalars get get_one exec flush refresh merge stream stream_scalars
    bulk_save_objects bulk_insert_mappings bulk_update_mappings""".split()
)
FETCHING = frozenset(
    """all first one one_or_none scalar scalars scalar_one scalar_one_or_none count get update
    delete""".split()
)
"""Methods of a session that send a statement, and of a query that do."""

LEVELS = 4  # functions that lend it on to the next


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
        self._kept: dict[frozenset[str], dict[str, Keeper | None]] = {}

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does while `held` names are the session."""
        kept = self._keepers(held)
        use = Use.NOTHING
        for place in places(node, self._scope):
            if isinstance(place.node, cst.Name):
                name = place.node.value
                if name in held:
                    use = max(use, self.mentioned(place))
                elif name in kept:
                    use = max(use, self._by_keeper(place, kept[name]))
        return use

    def keeps(self, node: cst.CSTNode, held: frozenset[str]) -> bool:
        """Tell whether `node` hands the session to objects that only keep it, and to no other."""
        mentions = [
            place
            for place in places(node, self._scope)
            if isinstance(place.node, cst.Name) and place.node.value in held
        ]
        return bool(mentions) and all(self._is_kept(place) for place in mentions)

    def _is_kept(self, place: Place) -> bool:
        above = place.above
        call = above.above.node if above is not None and above.above is not None else None
        if above is None or not isinstance(above.node, cst.Arg) or not isinstance(call, cst.Call):
            return False
        shape = of_cst(call.func)
        if self._names.api(shape, self._scope) or function(shape, self._scope, self._names):
            return False
        return self._made(above) is not Use.UNKNOWN

    def _keepers(self, held: frozenset[str]) -> dict[str, Keeper | None]:
        """Return the names of the function that are objects made with the session."""
        if held not in self._kept:
            node = self._names.functions.get(self._scope)
            found: dict[str, Keeper | None] = {}
            for name, made in keepers(node, held, self._scope, self._names) if node else ():
                found[name] = None if name in found else made
            self._kept[held] = found
        return self._kept[held]

    def _by_keeper(self, place: Place, made: Keeper | None) -> Use:
        """Judge a mention of an object that keeps the session."""
        match [above.node for above in place.ancestors()][:2]:
            case [cst.AssignTarget() | cst.AnnAssign(), *_]:
                return Use.NOTHING
            case [cst.Attribute(value=value, attr=cst.Name(value=name)), cst.Call()] if (
                value is place.node and made is not None
            ):
                return self._asked(made, name, LEVELS)
            case [cst.Attribute(value=value), *_] if value is not place.node:
                return Use.NOTHING  # the name of an attribute of something else
        return Use.UNKNOWN

    def streams(self, node: cst.CSTNode) -> bool:
        """Tell whether `node` defines what only makes a response, after the function has ended."""
        return isinstance(node, cst.FunctionDef) and only_streamed(
            node.name.value, self._scope, self._names
        )

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
        sends = first in SENDING or (first == "query" and bool(FETCHING & set(chain[1:])))
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
            return self._made(place)
        at = call.args.index(argument)
        keyword = argument.keyword.value if argument.keyword is not None else ""
        return self._body(member, at, keyword, LEVELS)

    def _made(self, argument: Place) -> Use:
        """Judge `Orders(session)`, where it stands: kept by a name, or asked something at once."""
        call = argument.above
        assert call is not None
        assert isinstance(argument.node, cst.Arg)
        value = argument.node.value
        node = expression(cst.Module([]).code_for_node(call.node))
        if not isinstance(value, cst.Name) or not isinstance(node, ast.Call):
            return Use.UNKNOWN
        made = keeper(node, {value.value}, self._scope, self._names)
        match [above.node for above in call.ancestors()][:2]:
            case [cst.Assign() | cst.AnnAssign(), *_] if made is not None:
                return Use.NOTHING  # what its name is asked is judged there
            case [cst.Attribute(attr=cst.Name(value=name)), cst.Call()] if made is not None:
                return self._asked(made, name, LEVELS)
        return Use.UNKNOWN

    def _asked(self, made: Keeper, name: str, levels: int) -> Use:
        """Judge a call of a method of an object that keeps the session."""
        member = method(made.of, name)
        if member is None or not levels:
            return Use.UNKNOWN
        use = max(self._methods(made, member, levels), default=Use.NOTHING)
        asks = use is Use.UNKNOWN and self._asks_last(member, made.own)
        return Use.TAKES if asks else use

    def _methods(self, made: Keeper, member: Member, levels: int) -> Iterable[Use]:
        node = member.names.functions[member.name]
        tested = looked_for(node)
        judged: set[int] = set()
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Call):
                continue
            chain, name = methods_of(of_ast(inner))
            if name == "self" and chain:
                judged.add(id(_root(inner)))
                yield self._of_self(made, chain, levels)
            for at, keyword, value in _arguments(inner):
                if text_of(value) in made.own and isinstance(value, ast.Attribute):
                    judged.add(id(value.value))
                    yield self._further(member, inner, (at, keyword), levels)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                text = text_of(inner)
                other = text and text not in made.own and inner.attr not in made.inner
                if other or id(inner) in tested:
                    judged.add(id(inner.value))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id == "self" and id(inner) not in judged:
                yield Use.UNKNOWN
            if (
                isinstance(inner, ast.withitem)
                and methods_of(of_ast(inner.context_expr))[1] == "self"
            ):
                yield Use.UNKNOWN  # leaving it may commit

    def _of_self(self, made: Keeper, chain: list[str], levels: int) -> Use:
        first, *rest = chain
        if f"self.{first}" in made.own:
            use = self.chained(rest) if rest else Use.UNKNOWN
            return Use.UNKNOWN if use is Use.GIVES else use
        if first in made.inner:
            return self._asked(made.inner[first], rest[0], levels - 1) if rest else Use.UNKNOWN
        if method(made.of, first) is not None:
            return self._asked(made, first, levels - 1)
        return Use.NOTHING

    def received(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether a function of the project says that it is handed such a session."""
        member = function(of_cst(call.func), self._scope, self._names)
        if member is None:
            return False
        names, name = member
        arguments = names.functions[name].args
        plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
        given = {
            argument.keyword.value if argument.keyword else plain[at]
            for at, argument in enumerate(call.args)
            if isinstance(argument.value, cst.Name)
            and argument.value.value in held
            and (argument.keyword or at < len(plain))
        }
        return any(names.type(Name(parameter), name) for parameter in given)

    def within(self, member: Member, line: int, made: cst.Call, held: frozenset[str]) -> Use:
        """Judge a generator up to a line: one of this function, or that `made` hands the session.

        What it is handed under another name, or by an object, is unknown.
        """
        here = member.names is self._names and member.name.startswith(f"{self._scope}.")
        if here:
            own = parameters(member.names.functions[member.name].args)
            inside = held - {argument.arg for argument in own}
            return max(
                (use for name in inside for use in self._bodies(member, name, LEVELS, line)),
                default=Use.NOTHING,
            )
        mentioned = any(
            isinstance(place.node, cst.Name) and place.node.value in held
            for place in places(made, self._scope)
        )
        return Use.UNKNOWN if mentioned or self._keepers(held) else Use.NOTHING

    def by(self, member: Member, parameter: str) -> Use:
        """Judge a function of the project that is handed the session as a parameter."""
        return self._whole(member, parameter, LEVELS)

    def _whole(self, member: Member, parameter: str, levels: int) -> Use:
        use = max(self._bodies(member, parameter, levels), default=Use.NOTHING)
        asks = use is Use.UNKNOWN and self._asks_last(member, {parameter})
        return Use.TAKES if asks else use

    def _asks_last(self, member: Member, own: Collection[str]) -> bool:
        """Tell whether the last that a function does with the session is to ask something."""
        last = last_mention(member.names.functions[member.name], own)
        if last is None:
            return False
        chain, _ = methods_of(of_ast(last))
        return (
            self.chained(chain[1:] if chain and f"self.{chain[0]}" in own else chain) is Use.TAKES
        )

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
        return self._whole(member, keyword or plain[at], levels)

    def _bodies(
        self, member: Member, parameter: str, levels: int, until: int | None = None
    ) -> Iterable[Use]:
        """Yield what a body does with the session that a name of it is, `until` a line."""
        nodes = list(ast.walk(member.names.functions[member.name]))
        if until is not None:
            nodes = [n for n in nodes if getattr(n, "lineno", 0) < until]
        judged = set(looked_for(member.names.functions[member.name]))
        for inner in nodes:
            if not isinstance(inner, ast.Call):
                continue
            chain, name = methods_of(of_ast(inner))
            if name == parameter and chain:
                use = self.chained(chain)
                yield Use.UNKNOWN if use is Use.GIVES else use
                judged.add(id(_root(inner)))
            for at, keyword, value in _arguments(inner):
                if isinstance(value, ast.Name) and value.id == parameter:
                    judged.add(id(value))
                    yield self._further(member, inner, (at, keyword), levels)
        for inner in nodes:
            elsewhere = isinstance(inner, ast.Name) and inner.id == parameter
            if elsewhere and id(inner) not in judged:
                yield Use.UNKNOWN
            if isinstance(inner, ast.withitem):  # leaving `with session.begin():` commits
                chain, name = methods_of(of_ast(inner.context_expr))
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


def methods_of(shape: Shape) -> tuple[list[str], str]:
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
