"""What a function does with connections that it does not own: the calls that reach the server.

Which they are is told by `connections.shared.holders`. What it lends on is followed into the
functions of the project. What is done while a lock is held is left out: the others wait.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from poollint.reading.connections.acquiring.lending import BORROWERS
from poollint.reading.connections.shared.holders import (
    Environment,
    Held,
    Holders,
    Key,
    Object,
    bound,
)
from poollint.reading.connections.shared.locking import takes_turns, unlocked
from poollint.reading.connections.waits.calls.alternatives import (
    declares,
    fitting,
    implementations,
)
from poollint.reading.naming.objects.instances import Member, function, method
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_ast

_DEPTH = 4  # functions that hand it on to the next
_BUDGET = 300  # bodies that are looked into for one function
# What does not reach the server, or ends what there is.
_QUIET = frozenset(
    """close closed cancel terminate is_closed add_listener remove_listener notifies poll fileno
    add_termination_listener add_log_listener add add_all expunge expunge_all expire expire_all
    get_bind in_transaction is_active is_in_transaction get_backend_pid get_dsn_parameters
    set_session set_isolation_level set_client_encoding set_type_codec reset_type_codec
    add_notice_handler add_notify_handler register setinputsizes mogrify fetchone fetchall
    fetchmany get_settings get_server_pid get_server_version""".split()
)
_ENDING = frozenset("commit rollback begin begin_nested transaction flush".split())


@dataclass(frozen=True, slots=True)
class Act:
    """A call that uses a connection.

    `node` stands in the file of `names`; `outer` is the node of the function asked about that
    leads there. `ends` tells that a transaction is begun or ended, `waits` that it is awaited.
    `kinds` tells of how many classes it may be that all implement what is called; 0 where it is
    told what is called.
    """

    held: Held
    names: Names
    node: ast.expr
    outer: ast.expr
    ends: bool
    waits: bool
    kinds: int = 0


class Acting(Holders):
    """Looks into one function, the root, and those it lends connections to."""

    def __init__(self, root: Member, lasting: bool = False, locked: bool = False) -> None:
        super().__init__(root, lasting)
        self._left = _BUDGET
        self._locked = locked  # what is done while a lock is held counts as well

    def body(self, member: Member, env: Environment, depth: int = _DEPTH) -> Iterator[Act]:
        """Yield what a function does, its parameters and `self` meaning what `env` says.

        Of a member without a name what its module does when it is run.
        """
        node = member.names.functions.get(member.name, member.names.module)
        if not depth or self._left <= 0 or (takes_turns(node) and not self._locked):
            return
        self._left -= 1
        for inner, waits in unlocked(node, member, self._locked):
            yield from self.at(inner, member.name, member.names, env, waits, depth)

    def at(
        self, node: ast.AST, scope: str, names: Names, env: Environment, waits: bool, depth: int
    ) -> Iterator[Act]:
        """Yield what one node does by itself: a call, or a block on the connection."""
        if isinstance(node, ast.withitem):
            held = self.held(of_ast(node.context_expr), scope, names, env)
            kind = names.catalog.types.get(held.kind) if held else None
            if held and kind and "close" not in (kind.exit, kind.async_exit):
                yield Act(held, names, node.context_expr, node.context_expr, True, waits)
        elif isinstance(node, ast.Call):
            yield from self.call(node, scope, names, env, waits, depth)

    def call(
        self, node: ast.Call, scope: str, names: Names, env: Environment, waits: bool, depth: int
    ) -> Iterator[Act]:
        """Yield what a call does with the connections it is made on, or given."""
        func = node.func
        if isinstance(func, ast.Attribute):
            held = self.held(of_ast(func.value), scope, names, env)
            if held is not None:
                if func.attr not in _QUIET:
                    yield Act(held, names, node, node, func.attr in _ENDING, waits)
                return
        given = self.given(node.args, node.keywords, scope, names, env)
        shape = of_ast(func)
        called = self._of_new(func, scope, names, env) or self.callee(shape, scope, names, env)
        if called is None:
            root = (names.qualified(shape, scope) or dotted(shape)).partition(".")[0]
            api = names.api(shape, scope)
            if api is not None and api.kind == "release":
                return  # `pool.putconn(conn)`: from then on it is not used
            if root in BORROWERS or api is not None:
                for value in given.values():
                    if isinstance(value, Held):
                        yield Act(value, names, node, node, False, waits)
            return
        member, owner = called
        if given and declares(member):
            own = names.scope(scope).owner
            others = _implementing(member, own.name if own is not None else "")
            yield from self._of_each(others, given, node, waits, depth)
        inner = bound(member, given, owner)
        if inner:
            for act in self.body(member, inner, depth - 1):
                if waits or not _is_async(member):
                    yield replace(act, outer=node)

    def _of_each(
        self, members: list[Member], given: Mapping[str, Held | Object], node: ast.Call,
        waits: bool, depth: int,
    ) -> Iterator[Act]:  # fmt: skip
        """Yield what all of several methods do of which one is called."""
        ways: list[dict[Key, Act]] = []
        for member in members:
            if not waits and _is_async(member):
                return
            acts = self.body(member, bound(member, given, None), depth - 1)
            ways.append({act.held.key: act for act in acts if act.waits == waits})
        for key, act in ways[0].items() if ways else ():
            if all(key in way for way in ways):
                yield replace(act, outer=node, kinds=len(ways))

    def _of_new(
        self, func: ast.expr, scope: str, names: Names, env: Environment
    ) -> tuple[Member, Object | None] | None:
        """Return the method that is called on an object made for that: `Orders(conn).add()`.

        Or by a function that does nothing but make one.
        """
        match func:
            case ast.Attribute(value=ast.Call() as made, attr=name):
                key = (names.outside.path, scope, id(made))
                owner = self.construct(made, scope, names, env, key)
                maker = function(of_ast(made.func), scope, names) if owner is None else None
                values = maker.names.results(maker.name) if maker is not None else None
                if maker is not None and values is not None and len(values) == 1:
                    one = values[0]
                    if isinstance(one, ast.Call):
                        owner = self.construct(one, maker.name, maker.names, {}, key)
                member = method(owner.of, name) if owner is not None and owner.given else None
                if owner is not None and member is not None:
                    return member, owner._replace(fresh=True)
        return None

    def callee(
        self, shape: Shape, scope: str, names: Names, env: Environment
    ) -> tuple[Member, Object | None] | None:
        """Return the function of the project that a call runs, and the object it is a method of."""
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            member = method(owner.of, shape.name) if owner is not None else None
            if member is not None:
                return member, owner
        found = function(shape, scope, names)
        return (found, None) if found is not None else None


def _implementing(declared: Member, of: str) -> list[Member]:
    """Return the methods that implement what an interface declares, none of a class `of`.

    Whatever hands on to all of them may be one itself.
    """
    found = implementations(declared) or fitting(declared)
    members = [function(*option) for option in found]
    return [one for one in members if one is not None and one.name.rpartition(".")[0] != of]


def _is_async(member: Member) -> bool:
    return isinstance(member.names.functions[member.name], ast.AsyncFunctionDef)
