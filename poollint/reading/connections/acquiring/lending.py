"""What a function does with a connection it is lent, by its name or by its body."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from poollint.catalog.load import Api
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.objects.managers import lent
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import mentions
from poollint.reading.naming.scopes.shapes import dotted, names_class, of_ast
from poollint.syntax.nodes import walk

GIVING_BACK = frozenset({"release", "close"})
"""What leaving a `with` may do that gives the connection back."""

REGISTER = frozenset(
    """callback push push_async_callback push_async_exit addCleanup addAsyncCleanup
    addClassCleanup addfinalizer register finalize add_done_callback add_finished_callback
    add_task on_close call_soon call_later call_on_close add_finalizer""".split()
)
STORE = frozenset(
    """append appendleft add put put_nowait insert set setattr setdefault extend push update
    __setattr__ __setitem__ set_connection""".split()
)
CONCURRENT = frozenset(
    """submit Thread Process create_task ensure_future run_in_executor partial gather Timer
    run_coroutine_threadsafe start_new_thread apply_async spawn spawn_n start_soon""".split()
)
BORROWERS = frozenset(
    """psycopg2 psycopg asyncpg sqlalchemy pandas pd alembic django json logging os sys re
    datetime time uuid asyncio functools itertools contextlib typing inspect geopandas
    polars pgvector numpy""".split()
)
SHOWN = frozenset(
    """isinstance issubclass len print repr str bool id type hasattr callable hash format vars
    dir debug info warning error exception critical log""".split()
)
"""What is shown something, and keeps nothing."""

KEEPING = REGISTER | STORE | CONCURRENT
"""Functions that keep what they are given: callbacks, containers, threads and tasks."""

ENDING = re.compile(
    r"close|release|put_?(?:conn|back)|return_|give_?back|free|dispose|clean|tear_?down"
    r"|disconnect|shut_?down|terminate|recycle|check_?in|finish|destroy|remove|discard",
    re.I,
)


class Outcome(Enum):
    """What became of the connection."""

    HELD = "held"
    RELEASED = "released"
    LATE = "late"  # released, unless what is called raises before
    SOMETIMES = "sometimes"  # released, on some ways through what is called
    COMMITTED = "committed"  # a session, which has no connection then until it is used again
    UNDONE = "undone"  # a session is rolled back: the same, even where that raises
    TRANSFERRED = "transferred"
    REBOUND = "rebound"  # no name holds it any more
    PASSED = "passed"  # lent to a function nothing is known about
    FALSE_RELEASE = "false release"  # looks like giving it back, and is none
    WRONG_POOL = "wrong pool"  # given to another pool than the one it is from


_DEPTH = 4  # functions that hand it on to the next
_RANK = (
    Outcome.RELEASED,
    Outcome.TRANSFERRED,
    Outcome.FALSE_RELEASE,
    Outcome.PASSED,
    Outcome.HELD,
)


@dataclass(frozen=True, slots=True)
class Lent:
    """A function of the project that is lent a connection, judged by its body.

    api    the call that took the connection; `exit` what leaving a `with` on it does
    depth  how many functions further it is looked at
    entered  whether a `with` enters it, so that what it yields comes back at the end of the block
    """

    member: Member
    api: Api
    exit: str
    depth: int = _DEPTH
    entered: bool = False

    def by(self, call: ast.Call, name: str) -> Outcome:
        """Judge a call that lends it what `name` names."""
        for at, argument in enumerate(call.args):
            if isinstance(argument, ast.Name) and argument.id == name:
                return self.at(at, "")
        for keyword in call.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id == name and keyword.arg:
                return self.at(-1, keyword.arg)
        return Outcome.PASSED

    def at(self, position: int, keyword: str) -> Outcome:
        """Judge what becomes of an argument, at a position or by the name of its parameter."""
        arguments = self.member.names.functions[self.member.name].args
        plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][self.member.bound :]
        if keyword:
            named = {a.arg for a in parameters(arguments)}
            return self.parameter(keyword) if keyword in named else Outcome.PASSED
        if position < len(plain):
            return self.parameter(plain[position])
        return self.parameter(arguments.vararg.arg) if arguments.vararg else Outcome.PASSED

    def parameter(self, name: str) -> Outcome:
        """Judge what the function does with one of its parameters, from its text alone."""
        names, of = self.member
        memory: dict[tuple[object, ...], Outcome] = names.memory.setdefault("lent", {})
        api = self.api
        key = (of, name, api.released_by, api.given_back_to, self.exit, self.depth, self.entered)
        if key not in memory:
            memory[key] = self._judged(name)
        return memory[key]

    def _judged(self, name: str) -> Outcome:
        node = self.member.names.functions[self.member.name]
        ending = bool(ENDING.search(node.name))
        if says_nothing(node.body):
            return Outcome.RELEASED if ending else Outcome.PASSED
        found = {
            self._used(above, alias)
            for alias in self._aliases(name)
            for above in mentions(node, alias, within=True)
        }
        worst = next((outcome for outcome in _RANK if outcome in found), Outcome.HELD)
        return Outcome.RELEASED if ending and worst is Outcome.PASSED else worst

    def _aliases(self, name: str) -> set[str]:
        """Return the names that the body gives to the connection, or to what goes through it."""
        aliases = {name}
        nodes = list(walk(self.member.names.functions[self.member.name]))
        for _ in range(2):
            for inner in nodes:
                match inner:
                    case ast.Assign(targets=[ast.Name(id=target)], value=value):
                        pass
                    case ast.For(target=ast.Name(id=target), iter=value):
                        pass
                    case ast.comprehension(target=ast.Name(id=target), iter=value):
                        pass
                    case ast.withitem(
                        context_expr=ast.Call(func=called, args=[value, *_]),
                        optional_vars=ast.Name(id=target),
                    ) if self._comes_back(called):
                        pass
                    case _:
                        continue
                if any(part in aliases for part in _parts(value)):
                    aliases.add(target)
        return aliases

    def _used(self, above: list[ast.AST], name: str) -> Outcome:
        """Judge one mention by what stands around it."""
        match above:
            case [ast.Attribute(attr=attr), *_]:
                return self._attribute(attr)
            case [ast.Call() as call, *rest]:
                return self._argument(call, name, rest)
            case [ast.keyword() | ast.Starred(), ast.Call() as call, *rest]:
                return self._argument(call, name, rest)
            case [ast.withitem(), *_]:
                return Outcome.RELEASED if self.exit in GIVING_BACK else Outcome.HELD
            case [ast.Yield(), *_] if self.entered:
                return Outcome.HELD
            case [ast.Return() | ast.Yield(), *_] | [ast.Tuple(), ast.Return() | ast.Yield(), *_]:
                return Outcome.TRANSFERRED
            case [ast.Assign(targets=targets), *_]:
                plain = all(isinstance(target, ast.Name) for target in targets)
                held = plain or all(map(self._shown_by_exception, targets))
                return Outcome.HELD if held else Outcome.TRANSFERRED
            case [ast.List() | ast.Tuple() | ast.Set(), ast.For() | ast.comprehension(), *_]:
                return Outcome.HELD
            case [ast.List() | ast.Dict() | ast.Set() | ast.Tuple(), *_]:
                return Outcome.TRANSFERRED
        return Outcome.HELD

    def _attribute(self, attr: str) -> Outcome:
        if attr in self.api.released_by:
            return Outcome.RELEASED
        if attr in {"__exit__", "__aexit__"} and self.exit in GIVING_BACK:
            return Outcome.RELEASED
        return Outcome.FALSE_RELEASE if attr == "close" else Outcome.HELD

    def _shown_by_exception(self, target: ast.expr) -> bool:
        """Tell whether it is assigned to an exception that is handled: `exc.session = session`."""
        node = self.member.names.functions[self.member.name]
        return isinstance(target, ast.Attribute) and any(
            isinstance(inner, ast.ExceptHandler) and inner.name == dotted(of_ast(target.value))
            for inner in walk(node)
        )

    def _comes_back(self, called: ast.expr) -> bool:
        further = function(of_ast(called), self.member.name, self.member.names)
        return further is not None and comes_back(further)

    def _argument(self, call: ast.Call, name: str, above: list[ast.AST]) -> Outcome:
        """Judge handing it on to another function."""
        shape = of_ast(call.func)
        last = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(shape)
        if last in self.api.given_back_to or last in self.api.released_by:
            return Outcome.RELEASED
        if last in {"closing", "aclosing"}:
            return Outcome.RELEASED if "close" in self.api.released_by else Outcome.HELD
        names, scope = self.member
        further = function(shape, scope, names)
        keeps = last in KEEPING  # by its name, unless its body tells
        if further is not None and self.depth:
            entered = isinstance(above[0], ast.withitem) if above else False
            entered = entered and comes_back(further)
            judged = Lent(further, self.api, self.exit, self.depth - 1, entered).by(call, name)
            return Outcome.TRANSFERRED if keeps and judged is Outcome.PASSED else judged
        if keeps:
            return Outcome.TRANSFERRED
        if ENDING.search(last):
            return Outcome.RELEASED
        if names_class(last) or last in {"dict", "list", "tuple", "set"}:
            return Outcome.TRANSFERRED
        root = (names.qualified(shape, scope) or dotted(shape)).partition(".")[0]
        known = names.api(shape, scope) is not None or root in BORROWERS or last in SHOWN
        return Outcome.HELD if known else Outcome.PASSED


def comes_back(member: Member) -> bool:
    """Tell whether a context manager of the project hands its block what it was given itself."""
    given = {p.arg for p in parameters(member.names.functions[member.name].args)}
    return any(isinstance(value, ast.Name) and value.id in given for value in lent(member))


def _parts(value: ast.expr) -> Iterator[str]:
    """Yield the names of what a value is, may be, or holds as a tuple or list."""
    match value:
        case ast.Name(id=name):
            yield name
        case ast.Await(value=inner) | ast.Starred(value=inner):
            yield from _parts(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(values=parts):
            for part in parts:
                yield from _parts(part)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _parts(body)
            yield from _parts(orelse)


def says_nothing(body: list[ast.stmt]) -> bool:
    """Tell whether a body leaves it to a subclass, or to another implementation."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Raise(exc=exc) if exc is not None and "NotImplemented" in ast.unparse(exc):
                pass
            case _:
                return False
    return True
